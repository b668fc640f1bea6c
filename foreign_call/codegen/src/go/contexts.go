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
	lock    sync.Mutex
	cancels map[C.uintptr_t]context.CancelFunc
}

var foreign_call_parts [16]foreign_call_part

func foreign_call_part_of(handle C.uintptr_t) *foreign_call_part {
	return &foreign_call_parts[uint64(handle)*0x9e3779b97f4a7c15>>60]
}

// A context that is cancelled when nobody waits for the call any more.
func foreign_call_begin(call *C.foreign_call) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	part := foreign_call_part_of(call.handle)
	part.lock.Lock()
	if part.cancels == nil {
		part.cancels = make(map[C.uintptr_t]context.CancelFunc)
	}
	part.cancels[call.handle] = cancel
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
	cancel := part.cancels[call.handle]
	delete(part.cancels, call.handle)
	part.lock.Unlock()
	cancel()
}

//export foreign_call_go_notify
func foreign_call_go_notify(handle C.uintptr_t, event C.uint32_t) {
	part := foreign_call_part_of(handle)
	part.lock.Lock()
	cancel := part.cancels[handle]
	part.lock.Unlock()
	if cancel != nil {
		cancel()
	}
}
