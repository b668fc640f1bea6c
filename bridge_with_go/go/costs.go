package main

// #include "bridge_with_go.h"
import "C"

import (
	"bufio"
	"encoding/binary"
	"io"
	"os"
	"runtime"
	"sync/atomic"
	"unsafe"
)

// The two ways that are no calls: Go is told once where to look, and then looks for itself.

// Serves requests in this memory, until Rust closes it.
//
//export bridge_with_go_share
func bridge_with_go_share(shared *C.bridge_with_go_shared) {
	go func() {
		turn := (*uint32)(&shared.turn)
		for looks := 1; ; looks++ {
			switch atomic.LoadUint32(turn) {
			case C.BRIDGE_WITH_GO_GO:
				request := unsafe.Slice((*byte)(&shared.request[0]), shared.length)
				shared.answer = C.uint32_t(sumOfAges(request))
				atomic.StoreUint32(turn, C.BRIDGE_WITH_GO_RUST)
			case C.BRIDGE_WITH_GO_CLOSE:
				atomic.StoreUint32(turn, C.BRIDGE_WITH_GO_CLOSED)
				return
			default: // Nobody wakes it, so it looks again.
				if looks%1000 == 0 {
					runtime.Gosched()
				}
			}
		}
	}()
}

// Serves requests that come through this socket, until Rust closes its end. Go owns this end.
//
//export bridge_with_go_serve
func bridge_with_go_serve(socket C.uintptr_t) {
	go func() {
		file := os.NewFile(uintptr(socket), "socket")
		defer file.Close()
		stream := bufio.NewReader(file)
		var head, answer [4]byte
		for {
			if _, err := io.ReadFull(stream, head[:]); err != nil {
				return
			}
			request := make([]byte, binary.LittleEndian.Uint32(head[:]))
			if _, err := io.ReadFull(stream, request); err != nil {
				return
			}
			binary.LittleEndian.PutUint32(answer[:], sumOfAges(request))
			if _, err := file.Write(answer[:]); err != nil {
				return
			}
		}
	}()
}

type user struct {
	name string
	age  byte
}

func sumOfAges(serialised []byte) uint32 {
	var sum uint32
	users, _ := deserialise(serialised)
	for _, user := range users {
		sum += uint32(user.age)
	}
	return sum
}

// The request as src/costs/serialise.rs wrote it: each list after its length. Everything is copied,
// since the bytes are soon overwritten.
func deserialise(from []byte) (users []user, limits []byte) {
	number := func() uint32 {
		value := binary.LittleEndian.Uint32(from)
		from = from[4:]
		return value
	}
	list := func() []byte {
		length := number()
		value := from[:length]
		from = from[length:]
		return value
	}
	users = make([]user, number())
	for i := range users {
		users[i].name = string(list())
		users[i].age = from[0]
		from = from[1:]
	}
	return users, append([]byte(nil), list()...)
}
