package webhook

import (
	"context"
	"errors"
	"testing"

	"github.com/go-logr/logr"
)

func TestStartingUpIsOverWhenEverythingIsThere(t *testing.T) {
	there := func() error { return nil }
	missing := func() error { return errors.New("missing") }
	if !(&frugality{ready: []func() error{there, there}}).over() {
		t.Error("everything is there and it is not over")
	}
	waiting := &frugality{ready: []func() error{there, missing}, log: logr.Discard()}
	if waiting.over() {
		t.Error("it is over and something is missing")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := waiting.Start(ctx); err != nil {
		t.Error(err)
	}
}
