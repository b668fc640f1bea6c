package main

// #include "bridge_with_go.h"
import "C"

import "unicode/utf8"

// For the wrong versions in ../src/bin.

// WRONG: nobody recovers the panic, and it leaves the exported function.
//
//export bridge_with_go_lowest_age
func bridge_with_go_lowest_age(limits C.bridge_with_go_bytes) C.uint8_t {
	return C.uint8_t(bytesOf(limits)[0])
}

// Right: a text, and more stack than a goroutine begins with. What it is given may be wrong.
//
//export bridge_with_go_letters_on_a_grown_stack
func bridge_with_go_letters_on_a_grown_stack(text C.bridge_with_go_bytes) C.size_t {
	bytes := bytesOf(text)
	needStack(len(bytes))
	return C.size_t(utf8.RuneCount(bytes))
}

//go:noinline
func needStack(length int) byte {
	var page [64 << 10]byte
	for i := range page {
		page[i] = byte(i + length)
	}
	return page[length%len(page)]
}
