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
	calls map[C.uintptr_t]foreign_call_told
}

// What Rust can tell about a call.
type foreign_call_told struct {
	dropped context.CancelFunc
	room    chan<- struct{} // of a stream
}

const foreign_call_event_room = 2

var foreign_call_parts [16]foreign_call_part

func foreign_call_part_of(handle C.uintptr_t) *foreign_call_part {
	return &foreign_call_parts[uint64(handle)*0x9e3779b97f4a7c15>>60]
}

// A context that is cancelled when nobody waits for the call any more.
func foreign_call_begin(call *C.foreign_call, room chan<- struct{}) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	part := foreign_call_part_of(call.handle)
	part.lock.Lock()
	if part.calls == nil {
		part.calls = make(map[C.uintptr_t]foreign_call_told)
	}
	part.calls[call.handle] = foreign_call_told{cancel, room}
	part.lock.Unlock()
	// Dropped before it was in the map: Rust marks a call before it tells about it, and who tells has
	// the lock when it looks. So either it finds the call, or the mark is seen here.
	if !C.foreign_call_wanted_at(call.handle, C.uintptr_t(uintptr(unsafe.Pointer(call.rust)))) {
		cancel()
	}
	return ctx
}

func foreign_call_end(call *C.foreign_call) {
	part := foreign_call_part_of(call.handle)
	part.lock.Lock()
	told := part.calls[call.handle]
	delete(part.calls, call.handle)
	part.lock.Unlock()
	told.dropped()
}

//export foreign_call_go_notify
func foreign_call_go_notify(handle C.uintptr_t, event C.uint32_t) {
	part := foreign_call_part_of(handle)
	part.lock.Lock()
	told, known := part.calls[handle]
	part.lock.Unlock()
	switch {
	case !known:
	case event == foreign_call_event_room:
		select {
		case told.room <- struct{}{}:
		default: // it is said already
		}
	default:
		told.dropped()
	}
}
