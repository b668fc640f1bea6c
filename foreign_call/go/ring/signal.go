//go:build linux

package ring

import (
	"os"
	"syscall"
)

// signal is how an end sleeps, and wakes the other one. Go's own poller waits for its descriptor, so
// only the goroutine sleeps.
type signal struct {
	own     *os.File // readable when we are woken
	other   int      // wakes the other end
	sockets bool
	gone    bool
}

// newSignal takes over own, and keeps other for as long as it is used: a socket is both.
func newSignal(own, other int, sockets bool) (*signal, error) {
	// What is not blocking goes to the poller.
	if err := syscall.SetNonblock(own, true); err != nil {
		return nil, err
	}
	return &signal{own: os.NewFile(uintptr(own), "ring"), other: other, sockets: sockets}, nil
}

func (s *signal) wake() {
	for {
		var err error
		if s.sockets {
			// It does not block, whatever the other side made of the socket.
			flags := syscall.MSG_DONTWAIT | syscall.MSG_NOSIGNAL
			_, err = syscall.SendmsgN(s.other, []byte{1}, nil, nil, flags)
		} else {
			one := one()
			_, err = syscall.Write(s.other, one[:])
		}
		switch err {
		case syscall.EINTR:
			continue
		case nil, syscall.EAGAIN:
		default:
			s.gone = s.gone || s.sockets
		}
		return
	}
}

// sleep waits until we are woken, and takes that back.
func (s *signal) sleep() error {
	if s.gone {
		// A dead peer's socket is ready for ever: who looks next finds out.
		return nil
	}
	if !s.sockets {
		var bytes [8]byte
		_, err := s.own.Read(bytes[:])
		return err
	}
	conn, err := s.own.SyscallConn()
	if err != nil {
		return err
	}
	err = conn.Read(func(fd uintptr) bool {
		var bytes [64]byte
		// It does not block, as in wake.
		read, _, err := syscall.Recvfrom(int(fd), bytes[:], syscall.MSG_DONTWAIT)
		// The end of the stream, or what a broken one says.
		s.gone = read == 0 || err != nil && err != syscall.EAGAIN && err != syscall.EINTR
		return err != syscall.EAGAIN
	})
	// And one that nobody can wait for.
	s.gone = s.gone || err != nil
	return nil
}

func (s *signal) close() error {
	// Its number may soon be somebody else's: who closes again wakes nobody.
	s.other = -1
	return s.own.Close()
}
