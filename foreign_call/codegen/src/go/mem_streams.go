package main

// #include "../../../include/foreign_call.h"
// #include "runtime.h"
import "C"

import (
	"sync/atomic"
	"unsafe"
)

// Streams over a ring: each item is a message, for which Go takes a place in the stream's room, a word
// of Rust's that is never freed. Go calls Rust where a stream has ended already, and Rust is told.

const (
	// The bits of a room, and of a stream's handle, that say which stream it is, begin here.
	foreign_call_room_stream = 20
	foreign_call_room_places = 1<<19 - 1
	foreign_call_room_waits  = 1 << 19
)

// In the place of a function's number: a stream that was full has room.
const foreign_call_has_room = 1<<64 - 1

// Runs a stream's function. Its arguments are Go's own by now.
func (link *foreign_call_link) stream(arena *foreign_call_arena, message *foreign_call_message, run func(stream *foreign_call_stream) error) C.uint32_t {
	if loan := message[2]; loan != 0 {
		link.send([3]uint64{loan, message[0], 0}, nil, nil)
	}
	stream := &foreign_call_stream{call: *link.call(message)}
	room := *(**uint64)(unsafe.Pointer(&message[3]))
	stream.give = func(write func(arena *foreign_call_arena)) C.uint32_t {
		return link.give(stream, message, room, write)
	}
	return stream.run(arena, run)
}

// Sends an item, if there is a place. Nobody else takes one meanwhile, as the stream's lock is held.
func (link *foreign_call_link) give(stream *foreign_call_stream, message *foreign_call_message, room *uint64, write func(arena *foreign_call_arena)) C.uint32_t {
	arena := link.arena()
	defer func() {
		if arena != nil {
			link.lock.Lock()
			defer link.lock.Unlock()
			link.give_back(arena)
		}
	}()
	found := foreign_call_place(room, message[1], 0)
	if found == C.FOREIGN_CALL_SENT {
		write(arena) // which may panic
		found = foreign_call_place(room, message[1], 1)
	}
	switch found {
	case C.FOREIGN_CALL_SENT:
		item := arena
		arena = nil
		link.reply(message, C.FOREIGN_CALL_ITEM, item)
	case C.FOREIGN_CALL_ENDED:
		return foreign_call_answer(&stream.call, C.FOREIGN_CALL_ITEM, arena) // which counts it
	}
	return found
}

// Takes so many places, or looks whether there is one. If there is none, Rust will tell.
func foreign_call_place(room *uint64, handle, taken uint64) C.uint32_t {
	for {
		seen := atomic.LoadUint64(room)
		next, found := seen-taken, C.uint32_t(C.FOREIGN_CALL_SENT)
		if seen>>foreign_call_room_stream != handle>>foreign_call_room_stream {
			return C.FOREIGN_CALL_ENDED
		}
		if seen&foreign_call_room_places == 0 {
			next, found = seen|foreign_call_room_waits, C.FOREIGN_CALL_FULL
		}
		if next == seen || atomic.CompareAndSwapUint64(room, seen, next) {
			return found
		}
	}
}
