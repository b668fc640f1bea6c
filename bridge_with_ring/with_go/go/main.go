package main

// #include "bell.h"
// typedef void (*bell_function)(bridge_with_ring_bell *bell);
import "C"

import "unsafe"

// A c-archive needs a main, which nobody calls.
func main() {}

// Receives numbers and sends their squares, in the same order, until either ring is closed; then it
// closes both. The rings are Rust's, and so are the functions, which ring a bell and wait for one. They
// are lent until this returns, and two ends of the rings with them.
//
//export bridge_with_ring_and_go_serve
func bridge_with_ring_and_go_serve(
	numbers, squares unsafe.Pointer, ringBell, waitForBell C.bell_function,
) {
	in, out, bells := (*ring)(numbers), (*ring)(squares), bells{ringBell, waitForBell}
	for {
		number, more := in.receive(bells)
		if !more || !out.send(bells, number*number) {
			break
		}
	}
	in.close(bells)
	out.close(bells)
}
