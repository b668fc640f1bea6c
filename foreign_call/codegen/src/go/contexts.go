package main

// #include "../../../include/foreign_call.h"
// #include "runtime.h"
import "C"

import (
	"context"
	"sync"
	"unsafe"
)

// The calls that are under way and that Rust tells about, by their handles. In several parts, so that
// calls on several processors seldom meet.
type foreign_call_part struct {
	lock  sync.Mutex
	calls map[foreign_call_key]foreign_call_told
}

// A stream and an async call may have the same handle: Rust counts them apart.
type foreign_call_key struct {
	handle C.uintptr_t
	stream bool
}

// What Rust can tell about a call.
type foreign_call_told struct {
	call    C.foreign_call
	dropped context.CancelFunc
	room    chan<- struct{} // of a stream
}

func (told *foreign_call_told) wanted() bool {
	rust := uintptr(unsafe.Pointer(told.call.rust))
	return bool(C.foreign_call_wanted_at(told.call.handle, C.uintptr_t(rust)))
}

const foreign_call_event_room = 2

var foreign_call_parts [16]foreign_call_part

func foreign_call_part_of(handle C.uintptr_t) *foreign_call_part {
	return &foreign_call_parts[uint64(handle)*0x9e3779b97f4a7c15>>60]
}

// A context that is cancelled when nobody waits for the call any more.
func foreign_call_begin(call *C.foreign_call, room chan<- struct{}) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	told := foreign_call_told{*call, cancel, room}
	part := foreign_call_part_of(call.handle)
	part.lock.Lock()
	if part.calls == nil {
		part.calls = make(map[foreign_call_key]foreign_call_told)
	}
	part.calls[foreign_call_key{call.handle, room != nil}] = told
	part.lock.Unlock()
	// Dropped before it was in the map: Rust marks a call before it tells about it, and who tells has
	// the lock when it looks. So either it finds the call, or the mark is seen here.
	if !told.wanted() {
		cancel()
	}
	return ctx
}

func foreign_call_end(call *C.foreign_call, stream bool) {
	part, key := foreign_call_part_of(call.handle), foreign_call_key{call.handle, stream}
	part.lock.Lock()
	told := part.calls[key]
	delete(part.calls, key)
	part.lock.Unlock()
	told.dropped()
}

//export foreign_call_go_notify
func foreign_call_go_notify(handle C.uintptr_t, event C.uint32_t) {
	part := foreign_call_part_of(handle)
	part.lock.Lock()
	call, is_call := part.calls[foreign_call_key{handle, false}]
	stream, is_stream := part.calls[foreign_call_key{handle, true}]
	part.lock.Unlock()
	if event == foreign_call_event_room {
		if is_stream {
			select {
			case stream.room <- struct{}{}:
			default: // it is said already
			}
		}
		return
	}
	// Which of them was dropped?
	if is_call && !call.wanted() {
		call.dropped()
	}
	if is_stream && !stream.wanted() {
		stream.dropped()
	}
}
