package main

// #include "../../../include/foreign_call.h"
// #include "runtime.h"
import "C"

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"unsafe"
)

// What every generated file ends with.

// For the checks on layouts.
type foreign_call_then[T, N any] struct {
	value T
	next  N
}

// A text, list or map as Rust has it. A number for the pointer: whoever writes one into C's memory
// must not meet Go's write barrier, which would look at what was there before.
type foreign_call_list struct {
	pointer uintptr
	length  uintptr
}

func (list *foreign_call_list) at() unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(&list.pointer))
}

// The text where it lies: a Go string is the same two words.
func (list *foreign_call_list) text() string {
	return *(*string)(unsafe.Pointer(list))
}

// Where an answer and its view are written: the C struct of this name, but for its own memory.
type foreign_call_arena struct {
	base   unsafe.Pointer
	used   uintptr
	size   uintptr
	view   unsafe.Pointer
	blocks unsafe.Pointer
}

// So many bytes, aligned for all that can be in a view. They are not zero.
func (arena *foreign_call_arena) take(size uintptr) unsafe.Pointer {
	size = foreign_call_aligned(size)
	if !arena.has(size) {
		panic("no memory for the answer")
	}
	at := unsafe.Add(arena.base, arena.used)
	arena.used += size
	return at
}

func foreign_call_aligned(size uintptr) uintptr {
	return (size + 7) &^ 7
}

// Whether so many bytes can be taken, from the block in use or a new one. If not, it stays as it is.
func (arena *foreign_call_arena) has(size uintptr) bool {
	at := C.uintptr_t(uintptr(unsafe.Pointer(arena)))
	return arena.size-arena.used >= size || bool(C.foreign_call_grow(at, C.size_t(size)))
}

// So many views of this size, and the list of them.
func (arena *foreign_call_arena) list(length int, size uintptr) (unsafe.Pointer, foreign_call_list) {
	if length == 0 {
		return nil, foreign_call_list{}
	}
	if uintptr(length) > (1<<62)/size {
		panic("no memory is as large as the answer")
	}
	at := arena.take(uintptr(length) * size)
	return at, foreign_call_list{uintptr(at), uintptr(length)}
}

func (arena *foreign_call_arena) text(value string) foreign_call_list {
	at, list := arena.list(len(value), 1)
	copy(unsafe.Slice((*byte)(at), len(value)), value)
	return list
}

// A copy of values without pointers, which lie in Go as their views do.
func foreign_call_copy[T any](arena *foreign_call_arena, values []T) foreign_call_list {
	var value T
	at, list := arena.list(len(values), unsafe.Sizeof(value))
	copy(unsafe.Slice((*T)(at), len(values)), values)
	return list
}

// Nil, if there is no memory.
func foreign_call_arena_of_c() *foreign_call_arena {
	return (*foreign_call_arena)(C.foreign_call_new_arena())
}

// Ends a call for which there is no arena.
func foreign_call_answer_without_memory(call *C.foreign_call) {
	C.foreign_call_answer_without_memory_at(call.handle, C.uintptr_t(uintptr(unsafe.Pointer(call.rust))))
}

// Answers with what is in the arena, and empties it.
func foreign_call_answer(call *C.foreign_call, status C.uint32_t, arena *foreign_call_arena) C.uint32_t {
	rust, from := uintptr(unsafe.Pointer(call.rust)), uintptr(unsafe.Pointer(arena))
	return C.foreign_call_answer_at(call.handle, C.uintptr_t(rust), status, C.uintptr_t(from))
}

// The view of the answer, so many bytes long.
func (arena *foreign_call_arena) answer(size uintptr) unsafe.Pointer {
	arena.view = arena.take(size)
	return arena.view
}

// How a call ends, as in foreign_call.h.
const (
	foreign_call_answered C.uint32_t = C.FOREIGN_CALL_ANSWERED
	foreign_call_failed   C.uint32_t = C.FOREIGN_CALL_FAILED
	foreign_call_given_up C.uint32_t = C.FOREIGN_CALL_GIVEN_UP
)

// The codes of failures that are not the functions' own.
const (
	foreign_call_no_code  = 1
	foreign_call_panicked = -1
	foreign_call_no_impl  = -2
)

type foreign_call_failure struct {
	code    int32
	message foreign_call_list
}

// A message is for people: what is no UTF-8 in it is replaced, as Rust would not take it. Where there
// is no memory for all of it, its beginning is told: so a failure never fails itself.
func (arena *foreign_call_arena) fail(code int32, message string) C.uint32_t {
	arena.used = 0 // every block has room for the view, and more
	view := (*foreign_call_failure)(arena.answer(unsafe.Sizeof(foreign_call_failure{})))
	message = strings.ToValidUTF8(message, "\ufffd")
	if !arena.has(foreign_call_aligned(uintptr(len(message)))) {
		message = strings.ToValidUTF8(message[:arena.size-arena.used], "")
	}
	*view = foreign_call_failure{code, arena.text(message)}
	return foreign_call_failed
}

func (arena *foreign_call_arena) fail_with(err error) (status C.uint32_t) {
	defer foreign_call_recover(arena, &status) // these are the user's methods
	code := int32(foreign_call_no_code)
	var coded interface{ Code() int32 }
	if errors.As(err, &coded) {
		code = coded.Code()
	}
	return arena.fail(code, err.Error())
}

// An error of the runtime's own.
type foreign_call_error struct {
	code    int32
	message string
}

func (err foreign_call_error) Error() string { return err.message }
func (err foreign_call_error) Code() int32   { return err.code }

func foreign_call_nobody(name string) string {
	return "nobody implements " + name + ": set " + name + "Impl in an init function"
}

// Deferred around the user's functions: a panic becomes a failure with its message. (One without a
// reason is none to recover, and leaves the call given up, as it was in the beginning.)
func foreign_call_recover(arena *foreign_call_arena, status *C.uint32_t) {
	if reason := recover(); reason != nil {
		*status = arena.fail(foreign_call_panicked, "panic: "+fmt.Sprint(reason))
	}
}

// So many one-way calls have panicked. Nobody waits for them, so the reason goes to standard error.
var foreign_call_one_way_panics atomic.Uint64

func foreign_call_recover_one_way(name string) {
	if reason := recover(); reason != nil {
		foreign_call_one_way_panics.Add(1)
		fmt.Fprintf(os.Stderr, "%s: panic: %v\n", name, reason)
	}
}
