package main

// #cgo CFLAGS: -Dmalloc=sometimes_malloc
// #include <stdint.h>
// #include "no_memory.h"
import "C"

import "unsafe"

// What is told of a panic with this reason, where C has no memory left: status, code and message.
func told_without_memory(reason string) (status uint32, code int32, message string) {
	arena := foreign_call_arena_of_c()
	C.no_memory = true
	defer func() { C.no_memory = false }()
	var ended C.uint32_t
	func() {
		defer foreign_call_recover(arena, &ended)
		panic(reason)
	}()
	failure := (*foreign_call_failure)(arena.view)
	return uint32(ended), failure.code, failure.message.text()
}

// The same, where the answer itself has found none.
func told_of_an_answer_without_memory(size int) (status uint32, code int32, message string) {
	arena := foreign_call_arena_of_c()
	C.no_memory = true
	defer func() { C.no_memory = false }()
	var ended C.uint32_t
	func() {
		defer foreign_call_recover(arena, &ended)
		arena.text(string(make([]byte, size)))
	}()
	failure := (*foreign_call_failure)(arena.view)
	return uint32(ended), failure.code, failure.message.text()
}

// How a call ends for which there is no arena, and how often.
func ended_without_memory(run func(worker *foreign_call_worker)) (count, status uint32, code int32, message string) {
	C.last_answer = C.answer{}
	worker := foreign_call_worker{}
	*(*unsafe.Pointer)(unsafe.Pointer(&worker.record.call.rust)) = C.listening()
	C.no_memory = true
	defer func() { C.no_memory = false }()
	run(&worker)
	last := &C.last_answer
	return uint32(last.count), uint32(last.status), int32(last.code), C.GoString(&last.message[0])
}
