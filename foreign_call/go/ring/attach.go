//go:build linux

package ring

import (
	"errors"
	"net"
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
		own, err := syscall.Dup(int(end.Wait))
		if err != nil {
			return side{}, err
		}
		signal, err := newSignal(own, int(end.Wake), meta.Sockets != 0)
		if err != nil {
			syscall.Close(own)
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
	return &Sender{sending}, newReceiver(receiving), nil
}

const (
	getSeals   = 1034 // F_GET_SEALS, which package syscall lacks
	sealShrink = 2    // F_SEAL_SHRINK
)

// Accept waits for the process at the other end of conn to offer a connection, of at most so many
// bytes of shared memory. The memory stays mapped for as long as this process lives.
func Accept(conn *net.UnixConn, most int64) (*Sender, *Receiver, error) {
	greeting, beside := make([]byte, 8), make([]byte, 64)
	_, received, flags, _, err := conn.ReadMsgUnix(greeting, beside)
	if err != nil {
		return nil, nil, err
	}
	fds := descriptors(beside[:received])
	if flags&syscall.MSG_CTRUNC != 0 || string(greeting) != magic || len(fds) != 3 {
		closeAll(fds)
		return nil, nil, errors.New("ring: not an offer")
	}
	memory, err := mapMemory(fds[0], most)
	syscall.Close(fds[0])
	if err != nil {
		closeAll(fds[1:])
		return nil, nil, err
	}
	sender, receiver, err := accept(memory, fds[1], fds[2])
	if err != nil {
		syscall.Munmap(memory)
	}
	return sender, receiver, err
}

// accept takes over the two sockets. The offering side sends through the first ring.
func accept(memory []byte, sending, receiving int) (*Sender, *Receiver, error) {
	in, err := newSignal(receiving, receiving, true)
	if err != nil {
		closeAll([]int{sending, receiving})
		return nil, nil, err
	}
	out, err := newSignal(sending, sending, true)
	if err != nil {
		in.close()
		closeAll([]int{sending})
		return nil, nil, err
	}
	half := uint64(len(memory) / 2)
	first, err := attach(unsafe.Pointer(&memory[0]), half, in)
	if err == nil && first.ringBytes() != half {
		err = ErrNotARing
	}
	var second side
	if err == nil {
		second, err = attach(unsafe.Pointer(&memory[half]), half, out)
	}
	if err != nil {
		in.close()
		out.close()
		return nil, nil, err
	}
	return &Sender{second}, newReceiver(first), nil
}

// mapMemory refuses memory that can become shorter: whoever has it mapped dies of that.
func mapMemory(fd int, most int64) ([]byte, error) {
	seals, _, failed := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), getSeals, 0)
	if failed != 0 {
		return nil, failed
	}
	if seals&sealShrink == 0 {
		return nil, errors.New("ring: the shared memory can be taken away")
	}
	var stat syscall.Stat_t
	if err := syscall.Fstat(fd, &stat); err != nil {
		return nil, err
	}
	if stat.Size == 0 || stat.Size > most || stat.Size%256 != 0 {
		return nil, errors.New("ring: the shared memory is empty, odd or too large")
	}
	return syscall.Mmap(fd, 0, int(stat.Size), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
}

// descriptors is all that came beside a message.
func descriptors(beside []byte) []int {
	var all []int
	messages, err := syscall.ParseSocketControlMessage(beside)
	if err != nil {
		return nil
	}
	for number := range messages {
		if fds, err := syscall.ParseUnixRights(&messages[number]); err == nil {
			all = append(all, fds...)
		}
	}
	return all
}

func closeAll(fds []int) {
	for _, fd := range fds {
		syscall.Close(fd)
	}
}
