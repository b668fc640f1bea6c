package main

// #cgo CFLAGS: -I${SRCDIR}/../csrc
// #include "bridge_with_go.h"
import "C"

import (
	"unicode/utf8"
	"unsafe"
)

// A c-archive needs a main, which nobody calls.
func main() {}

// Numbers cross as they are.
//
//export bridge_with_go_add
func bridge_with_go_add(a, b C.int32_t) C.int32_t {
	return a + b
}

// A text crosses by reference: Go reads it where it lies, in Rust's memory.
//
//export bridge_with_go_letters
func bridge_with_go_letters(text C.bridge_with_go_bytes) C.size_t {
	return C.size_t(utf8.RuneCount(bytesOf(text)))
}

// Structs within a list within a struct: nothing is copied here either.
//
//export bridge_with_go_sum_of_ages
func bridge_with_go_sum_of_ages(request *C.bridge_with_go_request) C.uint32_t {
	var sum uint32
	for _, user := range usersOf(request) {
		sum += uint32(user.age)
	}
	return C.uint32_t(sum)
}

// A view as a slice: no copy, so it is good for as long as Rust lends it.
func bytesOf(view C.bridge_with_go_bytes) []byte {
	return unsafe.Slice((*byte)(view.pointer), view.length)
}

func usersOf(request *C.bridge_with_go_request) []C.bridge_with_go_user {
	return unsafe.Slice(request.users.pointer, request.users.length)
}
