//go:build linux

package ring

import (
	"syscall"
	"unsafe"
)

// Meta describes an end in this process that Rust lends: its `Meta`, C's foreign_call_ring_meta.
type Meta struct {
	RingBytes     uint64
	Sockets       uint32
	Zero          uint32
	Send, Receive MetaEnd
}

// MetaEnd is one ring as an end has it.
type MetaEnd struct {
	Ring       uintptr
	Wait, Wake int32
}

var _ [48]byte = [unsafe.Sizeof(Meta{})]byte{}

// one is the number 1, as an eventfd wants it.
func one() [8]byte {
	word := uint64(1)
	return *(*[8]byte)(unsafe.Pointer(&word))
}

// Attach makes Go the end that Rust lends; once for each. Rust keeps memory and descriptors alive for
// as long as the two are used. Go waits on a descriptor of its own, which Close closes.
func Attach(meta *Meta) (*Sender, *Receiver, error) {
	attach := func(end MetaEnd) (side, error) {
		// syscall.Dup would leave it to each process that is started.
		wait, duplicate := uintptr(end.Wait), uintptr(syscall.F_DUPFD_CLOEXEC)
		own, _, failed := syscall.Syscall(syscall.SYS_FCNTL, wait, duplicate, 0)
		if failed != 0 {
			return side{}, failed
		}
		signal, err := newSignal(int(own), int(end.Wake), meta.Sockets != 0)
		if err != nil {
			syscall.Close(int(own))
			return side{}, err
		}
		// The memory is not Go's: no collector moves or frees it.
		start := *(*unsafe.Pointer)(unsafe.Pointer(&end.Ring))
		s, err := attach(start, meta.RingBytes, signal)
		if err != nil {
			signal.close()
		}
		return s, err
	}
	sending, err := attach(meta.Send)
	if err != nil {
		return nil, nil, err
	}
	receiving, err := attach(meta.Receive)
	if err != nil {
		sending.signal.close()
		return nil, nil, err
	}
	return newSender(sending), newReceiver(receiving), nil
}
