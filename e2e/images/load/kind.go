package main

import (
	"errors"
	"io"
	"net"
	"syscall"
)

var errStranger = errors.New("not the address that was asked")

// kind puts errors that differ only in ports and addresses under one name.
func kind(err error) string {
	var timeout net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "reset"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "unreachable"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "no port"
	case errors.Is(err, syscall.EPERM):
		return "not permitted"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "closed"
	case errors.Is(err, errStranger):
		return "stranger"
	}
	return "other"
}
