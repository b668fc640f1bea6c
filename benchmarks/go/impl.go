package main

import "C"

// Its calls are in the same archive.
import _ "benchmarks/rust2go"

type calls struct {
	ages uint64
}

func init() {
	InGoImpl = &calls{}
}

func (*calls) empty() {}

func (it *calls) one_way(req DemoUser) {
	it.ages += uint64(req.age)
}

func (it *calls) told() Told {
	return Told{ages: it.ages}
}

func (*calls) flat(req DemoUser) DemoResponse {
	return DemoResponse{pass: req.age%2 == 1}
}

func (*calls) nested(req DemoComplicatedRequest) DemoResponse {
	return DemoResponse{pass: len(req.users) != 0 && len(req.balabala) != 0 && req.balabala[0] == 1}
}

func (it *calls) later(req DemoComplicatedRequest) DemoResponse {
	return it.nested(req)
}

func (*calls) echo(number uint64) uint64 {
	return number
}

// What any call into Go takes at least.
//
//export foreign_go_nothing
func foreign_go_nothing() {}
