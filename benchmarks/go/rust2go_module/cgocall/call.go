// Package cgocall is the one function of rust2go's Go module that its generated code needs where
// answers go through cgo.
package cgocall

/*
static inline void call(void *function, void *first, void *second) {
    ((void (*)(void *, void *))function)(first, second);
}
*/
import "C"

import "unsafe"

// CallFuncG0P2 calls a C function of two pointers.
func CallFuncG0P2(function, first, second unsafe.Pointer) {
	C.call(function, first, second)
}
