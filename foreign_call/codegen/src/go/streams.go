package main

// #include "../../../include/foreign_call.h"
// #include "runtime.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"
)

// What a send returns once nobody receives any more, or the stream's function has returned.
var foreign_call_ended = errors.New("the stream has ended")

type foreign_call_stream struct {
	call C.foreign_call
	ctx  context.Context
	// Rust has room again: at most one word of that is kept.
	room chan struct{}
	// Any goroutine may send; one after the other.
	lock sync.Mutex
	// Has an item written, and hands it to Rust: what became of it. The lock is held.
	give func(write func(arena *foreign_call_arena)) C.uint32_t
	// The function has returned: nothing is sent any more.
	over atomic.Bool
}

// Runs a stream's function to its end, however it ends.
func foreign_call_stream_of(call C.foreign_call, run func(stream *foreign_call_stream) error) {
	arena, status := foreign_call_arena_of_c(), foreign_call_given_up
	if arena == nil {
		foreign_call_answer_without_memory(&call)
		return
	}
	defer func() {
		foreign_call_answer(&call, status, arena)
		C.free(unsafe.Pointer(arena))
	}()
	stream := &foreign_call_stream{call: call}
	stream.give = func(write func(arena *foreign_call_arena)) C.uint32_t {
		write(arena)
		return foreign_call_answer(&stream.call, C.FOREIGN_CALL_ITEM, arena)
	}
	status = stream.run(arena, run)
}

// How the function has ended; with what, is in the arena.
func (stream *foreign_call_stream) run(arena *foreign_call_arena, run func(stream *foreign_call_stream) error) (status C.uint32_t) {
	stream.room = make(chan struct{}, 1)
	stream.ctx = foreign_call_begin(&stream.call, stream.room)
	status, err := foreign_call_given_up, error(nil)
	defer func() {
		if reason := recover(); reason != nil {
			err = foreign_call_error{foreign_call_panicked, "panic: " + fmt.Sprint(reason)}
		}
		// Before the context ends: who waits for that must find the stream over.
		stream.over.Store(true)
		foreign_call_end(&stream.call, true)
		// Whoever is in a send comes out of it. Then the arena is ours; the error's methods are the
		// user's, and may try to send.
		stream.lock.Lock()
		stream.lock.Unlock()
		if err != nil {
			status = arena.fail_with(err)
		}
	}()
	if err = run(stream); err == nil {
		status = C.FOREIGN_CALL_END
	}
	return status
}

// Sends an item, when there is room.
func (stream *foreign_call_stream) send(write func(arena *foreign_call_arena)) error {
	stream.lock.Lock()
	defer stream.lock.Unlock()
	for !stream.over.Load() {
		switch stream.give(write) {
		case C.FOREIGN_CALL_SENT:
			return nil
		case C.FOREIGN_CALL_ENDED:
			return foreign_call_ended
		}
		// Rust tells of room after it was full, so what it says now is kept for us.
		select {
		case <-stream.room:
		case <-stream.ctx.Done():
			return foreign_call_ended
		}
	}
	return foreign_call_ended
}
