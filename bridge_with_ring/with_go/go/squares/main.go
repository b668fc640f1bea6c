//go:build linux

// Squares is the other process: it accepts the connection that is offered over standard input,
// receives numbers and sends their squares, until no more come.
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"

	"foreign_call/ring"
)

func main() {
	if err := serve(); err != ring.ErrClosed {
		fmt.Fprintln(os.Stderr, "squares:", err)
		os.Exit(1)
	}
}

func serve() error {
	conn, err := net.FileConn(os.Stdin)
	if err != nil {
		return err
	}
	const most = 1 << 16 // bytes of memory
	sender, receiver, err := ring.Accept(conn.(*net.UnixConn), most)
	if err != nil {
		return err
	}
	defer receiver.Close()
	defer sender.Close()
	for {
		message, err := receiver.Receive()
		if err != nil {
			return err
		}
		if len(message) != 8 {
			return errors.New("this is no number")
		}
		number := binary.LittleEndian.Uint64(message)
		if err := sender.Send(binary.LittleEndian.AppendUint64(nil, number*number)); err != nil {
			return err
		}
	}
}
