package main

import "C"

import (
	"errors"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// Go's end of a ring in this process, for messages of words: foreign_call_ring.h has the protocol. They
// are read and written where they lie.

// What Rust lends of one ring: foreign_call_ring_meta_end in C.
type foreign_call_ring_end struct {
	header *foreign_call_ring_header
	wait   int32
	wake   int32
}

// What a ring begins with. The words that both sides write are used through atomics.
type foreign_call_ring_header struct {
	magic      uint64
	version    uint32
	slots      uint32
	slot_bytes uint32
	_          [108]byte
	tail       uint64 // messages ever published, written by the sender
	_          [120]byte
	head       uint64 // messages ever taken, written by the receiver
	_          [120]byte
	sender     uint32 // flags
	_          [124]byte
	receiver   uint32 // flags
	_          [124]byte
}

const (
	foreign_call_ring_magic   = "fcrings\x00"
	foreign_call_ring_version = 1
	foreign_call_ring_asleep  = 1
)

// Where Rust, C and Go must agree.
var (
	_ [640]byte = [unsafe.Sizeof(foreign_call_ring_header{})]byte{}
	_ [128]byte = [unsafe.Offsetof(foreign_call_ring_header{}.tail)]byte{}
	_ [256]byte = [unsafe.Offsetof(foreign_call_ring_header{}.head)]byte{}
	_ [384]byte = [unsafe.Offsetof(foreign_call_ring_header{}.sender)]byte{}
	_ [512]byte = [unsafe.Offsetof(foreign_call_ring_header{}.receiver)]byte{}
)

type foreign_call_ring struct {
	header     *foreign_call_ring_header
	slots      uint64
	slot_words uint64
	// Go's index, and Rust's when it was last looked at.
	own  uint64
	seen uint64
	// Go's poller waits for it, so that only the goroutine sleeps.
	own_wakes *os.File
	// What wakes Rust, and what is written to it.
	wake_fd int
	one     []byte
}

func foreign_call_attach(end *foreign_call_ring_end, sockets bool) (ring foreign_call_ring, err error) {
	header := end.header
	magic := *(*[8]byte)(unsafe.Pointer(&header.magic))
	if string(magic[:]) != foreign_call_ring_magic || header.version != foreign_call_ring_version {
		return ring, errors.New("not a ring of this version")
	}
	// No process is started between the two, which would inherit it.
	syscall.ForkLock.RLock()
	wait, err := syscall.Dup(int(end.wait))
	if err == nil {
		syscall.CloseOnExec(wait)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return ring, err
	}
	// What does not block goes to the poller.
	if err := syscall.SetNonblock(wait, true); err != nil {
		syscall.Close(wait)
		return ring, err
	}
	one := uint64(1)
	bytes := (*[8]byte)(unsafe.Pointer(&one))[:]
	if sockets {
		bytes = bytes[:1]
	}
	return foreign_call_ring{
		header:     header,
		slots:      uint64(header.slots),
		slot_words: uint64(header.slot_bytes) / 8,
		own_wakes:  os.NewFile(uintptr(wait), "ring"),
		wake_fd:    int(end.wake),
		one:        bytes,
	}, nil
}

// The words of the message with this number. Before them is its length.
func (ring *foreign_call_ring) slot(number uint64) (length *uint64, words []uint64) {
	first := 640 + (number&(ring.slots-1))*ring.slot_words*8
	length = (*uint64)(unsafe.Add(unsafe.Pointer(ring.header), first))
	return length, unsafe.Slice((*uint64)(unsafe.Add(unsafe.Pointer(length), 8)), ring.slot_words-1)
}

// Takes the next message, when there is one.
func (ring *foreign_call_ring) receive(message *foreign_call_message) {
	for ring.own == ring.seen {
		ring.look_for_messages()
	}
	_, words := ring.slot(ring.own)
	copy(message[:], words)
	ring.own++
	atomic.StoreUint64(&ring.header.head, ring.own)
	ring.attend(&ring.header.sender)
}

// Looks for a while, since waking a thread takes longer than most calls do, and then sleeps.
func (ring *foreign_call_ring) look_for_messages() {
	look := func() bool {
		ring.seen = atomic.LoadUint64(&ring.header.tail)
		return ring.own != ring.seen
	}
	if look() {
		return
	}
	for since := time.Now(); time.Since(since) < foreign_call_patience; runtime.Gosched() {
		if look() {
			return
		}
	}
	ring.sleep(&ring.header.receiver, look)
}

// Sends a message, when there is room.
func (ring *foreign_call_ring) send(message [3]uint64) {
	look := func() bool {
		ring.seen = atomic.LoadUint64(&ring.header.head)
		return ring.own-ring.seen < ring.slots
	}
	for ring.own-ring.seen == ring.slots && !look() {
		ring.sleep(&ring.header.sender, look)
	}
	length, words := ring.slot(ring.own)
	*length = 24
	copy(words, message[:])
	ring.own++
	atomic.StoreUint64(&ring.header.tail, ring.own)
	ring.attend(&ring.header.receiver)
}

// Sleeps until it is woken, unless there is something to do. The flags are Go's.
func (ring *foreign_call_ring) sleep(flags *uint32, look func() bool) {
	foreign_call_change(flags, foreign_call_ring_asleep, 0)
	// Go's atomics are in one order for all, and Rust has a fence between publishing and looking
	// whether Go sleeps. So one of them sees the other.
	if !look() {
		var bytes [64]byte
		if _, err := ring.own_wakes.Read(bytes[:]); err != nil {
			// The system refuses to wait, which is no reason to leave Rust waiting.
			time.Sleep(time.Millisecond)
		}
	}
	foreign_call_change(flags, 0, foreign_call_ring_asleep)
}

// After something was published: wakes Rust, once for each sleep.
func (ring *foreign_call_ring) attend(flags *uint32) {
	if atomic.LoadUint32(flags)&foreign_call_ring_asleep == 0 {
		return
	}
	if foreign_call_change(flags, 0, foreign_call_ring_asleep)&foreign_call_ring_asleep != 0 {
		for {
			if _, err := syscall.Write(ring.wake_fd, ring.one); err != syscall.EINTR {
				return // full means that it is awake
			}
		}
	}
}

// Sets and clears bits, and returns what was there.
func foreign_call_change(flags *uint32, set, clear uint32) uint32 {
	for {
		before := atomic.LoadUint32(flags)
		if atomic.CompareAndSwapUint32(flags, before, before&^clear|set) {
			return before
		}
	}
}
