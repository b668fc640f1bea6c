package main

// #cgo CFLAGS: -I${SRCDIR}/../../csrc
// #include "bell.h"
//
// typedef void (*bell_function)(bridge_with_ring_bell *bell);
//
// static inline void call(bell_function function, bridge_with_ring_bell *bell) {
//     function(bell);
// }
import "C"

import (
	"sync/atomic"
	"unsafe"
)

const capacity = 64

// A side of the ring: bridge_with_ring_side of csrc/ring.h.
type side struct {
	count, sleeps uint32
	bell          *C.bridge_with_ring_bell
	_             [112]byte
}

// bridge_with_ring_ring of csrc/ring.h. It is not Go's: no collector moves or frees it.
type ring struct {
	sender, receiver side
	closed, _        uint32
	slots            [capacity]int64
}

// csrc/ring.h and src/ring.rs say the same of themselves.
var (
	_ [128]byte = [unsafe.Offsetof(ring{}.receiver)]byte{}
	_ [256]byte = [unsafe.Offsetof(ring{}.closed)]byte{}
	_ [264]byte = [unsafe.Offsetof(ring{}.slots)]byte{}
	_ [4]byte   = [unsafe.Offsetof(side{}.sleeps)]byte{}
	_ [8]byte   = [unsafe.Offsetof(side{}.bell)]byte{}
)

// What a bell can do, in C.
type bells struct{ ring, wait C.bell_function }

// After a change that this side may be waiting for. No fence: Go's atomics are in one order for all, so
// a load is never done before the store in front of it.
func (s *side) wake(bells bells) {
	if atomic.LoadUint32(&s.sleeps) != 0 && atomic.SwapUint32(&s.sleeps, 0) != 0 {
		C.call(bells.ring, s.bell)
	}
}

// Sleeps, if the other side has not changed something just now. May return for no reason. C holds the
// thread meanwhile, and Go's scheduler takes another one for other goroutines.
func (s *side) fallAsleep(bells bells, isStuck func() bool) {
	atomic.StoreUint32(&s.sleeps, 1)
	if isStuck() {
		C.call(bells.wait, s.bell)
	} else {
		atomic.StoreUint32(&s.sleeps, 0)
	}
}

func (r *ring) length() uint32 {
	return atomic.LoadUint32(&r.sender.count) - atomic.LoadUint32(&r.receiver.count)
}

func (r *ring) isClosed() bool {
	return atomic.LoadUint32(&r.closed) != 0
}

// Waits for room. False: the ring is closed.
func (r *ring) send(bells bells, value int64) bool {
	sent := atomic.LoadUint32(&r.sender.count) // only we write it
	for !r.isClosed() {
		if r.length() < capacity {
			r.slots[sent%capacity] = value
			atomic.StoreUint32(&r.sender.count, sent+1)
			r.receiver.wake(bells)
			return true
		}
		r.sender.fallAsleep(bells, func() bool { return r.length() == capacity && !r.isClosed() })
	}
	return false
}

// Waits for a value. False: there is none, and the ring is closed.
func (r *ring) receive(bells bells) (int64, bool) {
	received := atomic.LoadUint32(&r.receiver.count) // only we write it
	for {
		closed := r.isClosed() // first: what was sent before it is there then
		if r.length() > 0 {
			value := r.slots[received%capacity]
			atomic.StoreUint32(&r.receiver.count, received+1)
			r.sender.wake(bells)
			return value, true
		}
		if closed {
			return 0, false
		}
		r.receiver.fallAsleep(bells, func() bool { return r.length() == 0 && !r.isClosed() })
	}
}

func (r *ring) close(bells bells) {
	atomic.StoreUint32(&r.closed, 1)
	r.sender.wake(bells)
	r.receiver.wake(bells)
}
