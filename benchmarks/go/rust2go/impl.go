// Package rust2go answers the calls as rust2go passes them on. `gen.go` is written by the build.
package rust2go

import "C"

import (
	"unsafe"

	"github.com/ihciah/rust2go/cgocall"
)

type calls struct {
	ages uint64
}

func init() {
	InGoImpl = &calls{}
}

func (*calls) empty() {}

func (it *calls) one_way(req *DemoUser) {
	it.ages += uint64(req.age)
}

func (it *calls) told() Told {
	return Told{ages: it.ages}
}

func (*calls) flat(req *DemoUser) DemoResponse {
	return DemoResponse{pass: req.age%2 == 1}
}

func (*calls) nested(req *DemoComplicatedRequest) DemoResponse {
	return DemoResponse{pass: len(req.users) != 0 && len(req.balabala) != 0 && req.balabala[0] == 1}
}

func (it *calls) later(req *DemoComplicatedRequest) DemoResponse {
	return it.nested(req)
}

func (*calls) echo(number *uint64) uint64 {
	return *number
}

// What each answer takes that goes through cgo: so many of them, to a C function of two pointers.
//
//export foreign_go_answers
func foreign_go_answers(function unsafe.Pointer, count C.size_t) {
	for i := C.size_t(0); i < count; i++ {
		answer := DemoResponse{pass: true}
		cgocall.CallFuncG0P2(function, unsafe.Pointer(&answer), nil)
	}
}
