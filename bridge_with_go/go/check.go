package main

// #include "bridge_with_go.h"
import "C"

import (
	"fmt"
	"time"
	"unsafe"
)

// Sync: answers before it returns, on the caller's thread.
//
//export bridge_with_go_check
func bridge_with_go_check(request *C.bridge_with_go_request, answer, slot C.uintptr_t) {
	checkAndAnswer(request, answer, slot)
}

// Async: returns at once, and answers later, on a thread of Go's. The request is lent until then.
//
//export bridge_with_go_check_later
func bridge_with_go_check_later(
	request *C.bridge_with_go_request, delayMs C.uint32_t, answer, slot C.uintptr_t,
) {
	go func() {
		time.Sleep(time.Duration(delayMs) * time.Millisecond)
		checkAndAnswer(request, answer, slot)
	}()
}

// Answers once, come what may. A panic that left an exported function, or a goroutine, would end
// the process.
func checkAndAnswer(request *C.bridge_with_go_request, answer, slot C.uintptr_t) {
	defer func() {
		if panicked := recover(); panicked != nil {
			send(answer, slot, C.BRIDGE_WITH_GO_PANICKED, fmt.Append(nil, panicked))
		}
	}()
	status, words := check(request)
	send(answer, slot, status, words)
}

// What all this is for. It panics where there are no limits.
func check(request *C.bridge_with_go_request) (C.uint32_t, []byte) {
	users, limits := usersOf(request), bytesOf(request.limits)
	lowest, highest := limits[0], limits[1]
	for _, user := range users {
		if age := byte(user.age); age < lowest || age > highest {
			return C.BRIDGE_WITH_GO_REFUSED, fmt.Appendf(
				nil, "%s is %d, not %d to %d", bytesOf(user.name), age, lowest, highest)
		}
	}
	return C.BRIDGE_WITH_GO_PASSED, fmt.Appendf(nil, "%d passed", len(users))
}

// Lends Go's memory to Rust for one call. cgo allows it, as it holds no pointers of Go's. It keeps
// the words alive and in their place until the call is over, and not a moment longer.
func send(answer, slot C.uintptr_t, status C.uint32_t, words []byte) {
	var pointer *C.uint8_t
	if len(words) != 0 {
		pointer = (*C.uint8_t)(unsafe.Pointer(&words[0]))
	}
	C.bridge_with_go_call(answer, slot, status, pointer, C.size_t(len(words)))
}
