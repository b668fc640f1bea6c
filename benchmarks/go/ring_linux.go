package main

import "C"

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"os"
	"unsafe"

	"foreign_call/ring"
)

// Each of these starts a goroutine, as it would in any Go program. The thread that called only waits
// for its end.

// Sends back what comes over the ring, until its other end is closed. Returns how often it woke the
// other end.
//
//export foreign_go_ring_echo
func foreign_go_ring_echo(meta unsafe.Pointer) C.ulong {
	wakeUps := make(chan uint64)
	go func() {
		sender, receiver, err := ring.Attach((*ring.Meta)(meta))
		if err != nil {
			panic(err)
		}
		for err == nil {
			var message []byte
			if message, err = receiver.Receive(); err == nil {
				err = sender.Send(message)
			}
		}
		if err != ring.ErrClosed {
			panic(err)
		}
		sender.Close()
		receiver.Close()
		wakeUps <- sender.WakeUps() + receiver.WakeUps()
	}()
	return C.ulong(<-wakeUps)
}

// Sends back the numbers of 8 bytes that come over the socket, until its other end is closed. The
// socket is Go's from then on.
//
//export foreign_go_socket_echo
func foreign_go_socket_echo(socket C.int) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		file := os.NewFile(uintptr(socket), "socket")
		conn, err := net.FileConn(file)
		file.Close()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		numbers, number := bufio.NewReader(conn), make([]byte, binary.Size(uint64(0)))
		for err == nil {
			if _, err = io.ReadFull(numbers, number); err == nil {
				_, err = conn.Write(number)
			}
		}
		if err != io.EOF {
			panic(err)
		}
	}()
	<-ended
}
