// Echo is the other process of a connection: it accepts what is offered over standard input, or offers
// one there (`echo offer`, or with an arena `echo arena`), and sends back what it receives. It exits with
// 0 if the other side closed its end, with 3 if that is gone.
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
	sender, receiver, err := connect(conn.(*net.UnixConn))
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

func connect(conn *net.UnixConn) (*ring.Sender, *ring.Receiver, error) {
	if len(os.Args) > 1 && os.Args[1] == "offer" {
		return ring.Offer(conn, 16, 24)
	}
	if len(os.Args) > 1 && os.Args[1] == "arena" {
		return ring.OfferWithArena(conn, 16, 24, 1000)
	}
	const most = 1 << 20
	return ring.Accept(conn, most)
}
