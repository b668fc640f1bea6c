package main

// #include "../../../include/foreign_call.h"
// #include "../../../include/foreign_call_offers.h"
// #include "runtime.h"
// #include "offers.h"
import "C"

import (
	"runtime/cgo"
	"strings"
	"unsafe"
)

// What a file with calls to Rust has beside the rest.

// CallError says why a call to Rust has no answer.
type CallError struct {
	code    int32
	message string
}

func (err *CallError) Error() string {
	return err.message
}

// Code is the implementation's own, or one that foreign_call_offers.h names.
func (err *CallError) Code() int32 {
	return err.code
}

// A call to Rust that has no answer yet.
type foreign_call_caller struct {
	read func(answer unsafe.Pointer)
	err  error
	done chan struct{}
}

// Calls Rust. Where there is an answer, it has been read when this returns.
func foreign_call_ask(call func(caller C.uintptr_t) C.uint32_t, read func(answer unsafe.Pointer)) error {
	return foreign_call_asking(&foreign_call_caller{read: read}, call)
}

// The same, for an answer that comes later: the goroutine waits for it.
func foreign_call_await(call func(caller C.uintptr_t) C.uint32_t, read func(answer unsafe.Pointer)) error {
	return foreign_call_asking(&foreign_call_caller{read: read, done: make(chan struct{})}, call)
}

func foreign_call_asking(caller *foreign_call_caller, call func(caller C.uintptr_t) C.uint32_t) error {
	handle := cgo.NewHandle(caller)
	switch made := call(C.uintptr_t(handle)); {
	case made == C.FOREIGN_CALL_NOT_LINKED:
		handle.Delete()
		return &CallError{C.FOREIGN_CALL_UNAVAILABLE, "this program offers nothing of this name"}
	case made == 0 && caller.read == nil:
		handle.Delete() // one-way, so nobody is told
	case caller.done != nil:
		<-caller.done
	}
	return caller.err
}

// Rust has an answer, or none: called once for each call, on any thread. What is read is copied.
//
//export foreign_call_go_told
func foreign_call_go_told(at C.uintptr_t, status C.uint32_t, answer, failure unsafe.Pointer) {
	handle := cgo.Handle(at)
	caller := handle.Value().(*foreign_call_caller)
	handle.Delete()
	switch status {
	case foreign_call_answered:
		caller.read(answer)
	case foreign_call_failed:
		failure := (*foreign_call_failure)(failure)
		caller.err = &CallError{failure.code, strings.Clone(failure.message.text())}
	default:
		caller.err = &CallError{C.FOREIGN_CALL_UNAVAILABLE, "the call was given up"}
	}
	if caller.done != nil {
		close(caller.done)
	}
}

// Where arguments are written to, until the C that calls Rust gets it and frees it.
type foreign_call_arguments struct {
	arena *foreign_call_arena
	given bool
}

func foreign_call_arena_to_give() (*foreign_call_arena, *foreign_call_arguments) {
	arena := foreign_call_arena_of_c()
	if arena == nil {
		panic("no memory for the arguments")
	}
	return arena, &foreign_call_arguments{arena: arena}
}

func (arguments *foreign_call_arguments) give() C.uintptr_t {
	arguments.given = true
	return C.uintptr_t(uintptr(unsafe.Pointer(arguments.arena)))
}

// Deferred, for an argument that is none: a panic in the middle of writing.
func (arguments *foreign_call_arguments) unless_given() {
	if !arguments.given {
		C.foreign_call_close(arguments.give())
	}
}

func foreign_call_byte(value bool) C.uint8_t {
	if value {
		return 1
	}
	return 0
}
