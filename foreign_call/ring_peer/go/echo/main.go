// Echo is the other process of a connection: it accepts what is offered over standard input, and sends
// back what it receives. It exits with 0 if the other side closed its end, with 3 if that is gone.
package main

import (
	"fmt"
	"net"
	"os"

	"foreign_call/ring"
)

func main() {
	err := echo()
	switch err {
	case ring.ErrClosed:
	case ring.ErrGone:
		os.Exit(3)
	default:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func echo() error {
	conn, err := net.FileConn(os.Stdin)
	if err != nil {
		return err
	}
	const most = 1 << 20
	sender, receiver, err := ring.Accept(conn.(*net.UnixConn), most)
	if err != nil {
		return err
	}
	defer sender.Close()
	defer receiver.Close()
	for {
		message, err := receiver.Receive()
		if err == nil {
			err = sender.Send(message)
		}
		if err != nil {
			return err
		}
	}
}
