package main

// #include "../../../include/foreign_call.h"
// #include "runtime.h"
import "C"

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// What a file with functions over a ring (`#[mem]`) has beside the rest. One goroutine receives the
// calls of a trait, and each of them runs in one of its own. Nobody calls the other side, but Rust to
// begin, and both sides about what happens seldom: a context that ends.

// What Rust lends: foreign_call_mem_end in C. Good for as long as the process lives.
type foreign_call_mem_end struct {
	ring_bytes uint64
	sockets    uint32
	_          uint32
	send       foreign_call_ring_end
	receive    foreign_call_ring_end
	taken      *uint64
	rust       *C.foreign_call_functions
}

// The ring of one trait.
type foreign_call_link struct {
	// Runs what a message says.
	run func(link *foreign_call_link, arena *foreign_call_arena, message *foreign_call_message) C.uint32_t
	// By the functions' numbers: whether an answer's view lies in its message, and which have none.
	inside  []bool
	one_way []bool
	// For who asks whether a call is wanted.
	rust *C.foreign_call_functions
	// The receiving goroutine's alone.
	calls foreign_call_ring
	// One-way calls, which run in their order.
	tells chan foreign_call_message
	// Held for all that follows: any goroutine answers.
	lock    sync.Mutex
	answers foreign_call_ring
	// So many messages to Rust were dealt with; Rust writes it.
	taken *uint64
	// Of each message that Rust may not have dealt with, the memory that it leads to, if it does.
	kept       []*foreign_call_arena
	sent       uint64
	given_back uint64
	// Empty ones, up to so many.
	arenas []*foreign_call_arena
}

const foreign_call_most_arenas = 1024

// So many one-way calls may wait for those before them; then the ring does.
const foreign_call_most_tells = 256

// Attaches to Go's end, and begins to receive. 0 if it does; not if it does already, as for a second
// trait of that name.
func (link *foreign_call_link) serve(end *foreign_call_mem_end) C.int32_t {
	link.lock.Lock()
	defer link.lock.Unlock()
	if link.taken != nil {
		return 1
	}
	calls, err := foreign_call_attach(&end.receive, end.sockets != 0)
	if err != nil {
		return 1
	}
	answers, err := foreign_call_attach(&end.send, end.sockets != 0)
	if err != nil {
		calls.own_wakes.Close()
		return 1
	}
	link.calls, link.answers = calls, answers
	link.rust, link.taken = end.rust, end.taken
	// A full ring, and the message that Rust reads, are at most as many.
	link.kept = make([]*foreign_call_arena, 2*answers.slots)
	link.tells = make(chan foreign_call_message, foreign_call_most_tells)
	go link.tell()
	go link.receive()
	return 0
}

func (link *foreign_call_link) receive() {
	for {
		var message foreign_call_message
		link.calls.receive(&message)
		switch {
		case message[0] == foreign_call_has_room:
			foreign_call_go_notify(C.uintptr_t(message[1]), foreign_call_event_room)
		case link.one_way[message[0]]:
			link.tells <- message
		default:
			go link.answer(message)
		}
	}
}

// Runs one call, and answers it: also if its function ends the goroutine.
func (link *foreign_call_link) answer(message foreign_call_message) {
	arena, status := link.arena(), foreign_call_given_up
	if arena == nil {
		link.reply(&message, status, nil) // there is no memory
		return
	}
	defer func() { link.reply(&message, status, arena) }()
	status = link.run(link, arena, &message)
}

// Runs one-way calls, one after the other.
func (link *foreign_call_link) tell() {
	var message foreign_call_message
	told := func() {
		if message[1] != 0 {
			link.reply(&message, foreign_call_answered, nil) // which ends what is lent
		}
	}
	// The function has ended this goroutine.
	defer func() {
		told()
		go link.tell()
	}()
	for {
		message = <-link.tells
		link.run(link, nil, &message)
		told()
	}
}

// An empty arena, if there is memory for one.
func (link *foreign_call_link) arena() *foreign_call_arena {
	link.lock.Lock()
	last := len(link.arenas) - 1
	if last < 0 {
		link.lock.Unlock()
		return foreign_call_arena_of_c()
	}
	arena := link.arenas[last]
	link.arenas = link.arenas[:last]
	link.lock.Unlock()
	return arena
}

// Ends a call, or sends an item of it, with what is in the arena, which is the link's from here on. Nil:
// a unit.
func (link *foreign_call_link) reply(call *foreign_call_message, status C.uint32_t, arena *foreign_call_arena) {
	var view uint64
	has_value := status == foreign_call_answered || status == C.FOREIGN_CALL_ITEM
	inside := status == foreign_call_given_up || has_value && link.inside[call[0]]
	switch {
	case !inside:
		view = uint64(uintptr(arena.view))
	case arena != nil && arena.view != nil:
		view = *(*uint64)(arena.view) // an arena gives out whole words
	}
	message := [3]uint64{call[1], call[0] | uint64(status)<<32, view}
	if inside {
		link.send(message, nil, arena)
	} else {
		link.send(message, arena, nil)
	}
}

// Sends a message to Rust. Keeps the memory that it leads to, and takes back some that it does not.
func (link *foreign_call_link) send(message [3]uint64, kept, unused *foreign_call_arena) {
	link.lock.Lock()
	defer link.lock.Unlock()
	link.answers.send(message)
	place := func(number uint64) **foreign_call_arena {
		return &link.kept[number&uint64(len(link.kept)-1)]
	}
	link.give_back(unused)
	*place(link.sent) = kept
	link.sent++
	for taken := atomic.LoadUint64(link.taken); link.given_back != taken; link.given_back++ {
		link.give_back(*place(link.given_back))
		*place(link.given_back) = nil
	}
}

// Empties an arena that Rust does not read. The lock is held.
func (link *foreign_call_link) give_back(arena *foreign_call_arena) {
	if arena == nil {
		return
	}
	at := C.uintptr_t(uintptr(unsafe.Pointer(arena)))
	if len(link.arenas) == foreign_call_most_arenas {
		C.foreign_call_close(at)
		return
	}
	if arena.blocks != nil {
		C.foreign_call_empty_at(at)
	}
	arena.used, arena.view = 0, nil
	link.arenas = append(link.arenas, arena)
}

// For a function that asks about its call.
func (link *foreign_call_link) call(message *foreign_call_message) *C.foreign_call {
	return &C.foreign_call{handle: C.uintptr_t(message[1]), rust: link.rust}
}
