package ebpf

import (
	"encoding/binary"
	"unsafe"
)

// octets are the bytes of a struct that is shared with the programs, in place.
func octets[T any](v *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(v)), unsafe.Sizeof(*v))
}

// word is the i-th 64-bit word, as the programs read it.
func word(octets []byte, i int) uint64 {
	return binary.NativeEndian.Uint64(octets[8*i:])
}

func setWord(octets []byte, i int, word uint64) {
	binary.NativeEndian.PutUint64(octets[8*i:], word)
}

// network32 and network16 are numbers whose memory is in network byte order.
func network32(octets []byte) uint32 { return binary.NativeEndian.Uint32(octets) }

func network16(host uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, host))
}

// host16 undoes network16.
func host16(network uint16) uint16 {
	return binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, network))
}
