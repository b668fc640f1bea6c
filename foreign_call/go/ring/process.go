//go:build linux

package ring

import (
	"errors"
	"io"
	"net"
	"syscall"
	"unsafe"
)

// The end that offers a connection sends into the first ring, the one that accepts it into the second.
const (
	offering  = 0
	accepting = 1
)

// Offer makes a connection, and gives the other end of it to the process at the other end of conn,
// which accepts it: with [Accept], Rust's Connection::accept, or C's foreign_call_ring_accept.
//
// Each of its two rings has room for at least so many messages of at most longest bytes. The number of
// slots is rounded up to a power of two, and longest to a multiple of 8. conn is used for this only.
func Offer(conn *net.UnixConn, slots, longest int) (*Sender, *Receiver, error) {
	return OfferWithArena(conn, slots, longest, 0)
}

// OfferWithArena is [Offer], with an arena of so many bytes in each ring: messages that are longer than
// longest lie there, and may be as long as the arena.
func OfferWithArena(conn *net.UnixConn, slots, longest, arena int) (*Sender, *Receiver, error) {
	shape, err := newShape(slots, longest, framed)
	if err == nil {
		shape, err = shape.withArena(arena)
	}
	if err != nil {
		return nil, nil, err
	}
	return offer(conn, shape)
}

// OfferFixed is [Offer] for messages of exactly so many bytes each, at least one. Their slots have no
// length, so the smaller a message is, the more it is worth. A slot is rounded up to a multiple of 8.
func OfferFixed(conn *net.UnixConn, slots, bytes int) (*Sender, *Receiver, error) {
	shape, err := newShape(slots, bytes, fixed)
	if err != nil {
		return nil, nil, err
	}
	return offer(conn, shape)
}

func offer(conn *net.UnixConn, shape shape) (*Sender, *Receiver, error) {
	size := ringBytes(shape.slots, shape.slotBytes, shape.arenaBytes)
	memory, file, err := newMemory(int64(2 * size))
	if err != nil {
		return nil, nil, err
	}
	defer syscall.Close(file)
	for ring := uint64(0); ring < 2; ring++ {
		shape.describe(unsafe.Pointer(&memory.bytes[ring*size]))
	}
	out, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	in, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		closeAll(out[:])
		return nil, nil, err
	}
	// They send where we receive.
	err = send(conn, file, in[1], out[1])
	closeAll([]int{in[1], out[1]})
	if err != nil {
		closeAll([]int{in[0], out[0]})
		return nil, nil, err
	}
	return connect(memory, offering, out[0], in[0])
}

// Accept waits for the process at the other end of conn to offer a connection, of at most so many
// bytes of shared memory: with [Offer], Rust's Connection::offer, or C's foreign_call_ring_offer.
// Whether its messages have one length is for the ends to say ([Sender.MessageBytes]).
func Accept(conn *net.UnixConn, most int64) (*Sender, *Receiver, error) {
	greeting, beside := make([]byte, len(magic)), make([]byte, 64)
	_, received, flags, _, err := conn.ReadMsgUnix(greeting, beside)
	// Whatever came is ours now: a socket that keeps messages apart carries it beside no bytes, too.
	fds := descriptors(beside[:received])
	if err != nil {
		closeAll(fds)
		return nil, nil, err
	}
	if flags&syscall.MSG_CTRUNC != 0 || string(greeting) != magic || len(fds) != 3 {
		closeAll(fds)
		return nil, nil, errors.New("ring: not an offer")
	}
	memory, err := acceptMemory(fds[0], most)
	syscall.Close(fds[0])
	if err != nil {
		closeAll(fds[1:])
		return nil, nil, err
	}
	return connect(memory, accepting, fds[1], fds[2])
}

// connect takes over the two sockets.
func connect(memory *mapping, sends, sending, receiving int) (*Sender, *Receiver, error) {
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
	first, err := half(memory, sends, out)
	var second side
	if err == nil {
		second, err = half(memory, 1-sends, in)
	}
	if err != nil {
		in.close()
		out.close()
		return nil, nil, err
	}
	return newSender(first), newReceiver(second), nil
}

// half is one of the two rings in this memory, and all of its half of it.
func half(memory *mapping, ring int, signal *signal) (side, error) {
	size := uint64(len(memory.bytes) / 2)
	s, err := attach(unsafe.Pointer(&memory.bytes[uint64(ring)*size]), size, signal)
	if err == nil && ringBytes(s.slots, s.slotWords*8, uint64(len(s.arena))*8) != size {
		err = ErrNotARing
	}
	s.memory = memory
	return s, err
}

// send sends the greeting, and these descriptors beside it.
func send(conn *net.UnixConn, fds ...int) error {
	sent, _, err := conn.WriteMsgUnix([]byte(magic), syscall.UnixRights(fds...), nil)
	if err == nil && sent != len(magic) {
		err = io.ErrShortWrite
	}
	return err
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
