package main

import "C"

import (
	"unsafe"

	"benchmarks/mem_ring"
)

// Sends back the numbers that come out of one of mem-ring's queues through another one, for as long as
// the process lives.
//
//export foreign_go_mem_ring_echo
func foreign_go_mem_ring_echo(questions, answers unsafe.Pointer) {
	reading := mem_ring.NewQueue[uint64](*(*mem_ring.QueueMeta)(questions)).Read()
	writing := mem_ring.NewQueue[uint64](*(*mem_ring.QueueMeta)(answers)).Write()
	reading.RunHandler(writing.Push)
}
