//go:build linux

package ring

import (
	"runtime"
	"sync/atomic"
)

// Sender is where messages go in.
type Sender struct{ side }

// Receiver is where messages come out.
type Receiver struct {
	side
	buffer []byte
}

func newReceiver(s side) *Receiver {
	r := &Receiver{side: s}
	r.buffer = make([]byte, r.Longest())
	return r
}

// TrySend copies a message into the ring. It never waits. If there is an error, the message was not
// accepted.
func (s *Sender) TrySend(message []byte) error {
	if s.each != 0 && len(message) != int(s.each) {
		return WrongLength{len(message), int(s.each)}
	}
	if len(message) > s.Longest() {
		return ErrTooLong
	}
	if err := s.room(); err != nil {
		return err
	}
	slot := s.slot(s.own)
	if s.each == 0 {
		atomic.StoreUint64(&slot[0], uint64(len(message)))
		slot = slot[1:]
	}
	put(slot, message)
	s.own++
	atomic.StoreUint64(&s.header.tail, s.own)
	return s.attend(&s.header.receiver)
}

// Send is TrySend, waiting while there is no room.
func (s *Sender) Send(message []byte) error {
	for {
		if err := s.TrySend(message); err != ErrNotNow {
			return err
		}
		if err := s.wait(&s.header.sender, s.room); err != nil {
			return err
		}
	}
}

// room says whether there is room: nil, ErrNotNow, or why there never will be.
func (s *Sender) room() error {
	if s.own-s.seen < s.slots {
		return nil
	}
	if atomic.LoadUint32(&s.header.receiver)&closed != 0 {
		return ErrClosed
	}
	head := atomic.LoadUint64(&s.header.head)
	if s.own-head > s.slots {
		return ErrCorrupt
	}
	s.seen = head
	if s.own-head < s.slots {
		return nil
	}
	if s.signal.gone {
		return ErrGone
	}
	return ErrNotNow
}

// Close says that nothing more is sent. The receiver still gets what was. The sender is not used
// afterwards.
func (s *Sender) Close() error {
	change(&s.header.sender, closed, 0)
	_ = s.attend(&s.header.receiver)
	return s.signal.close()
}

// TryReceive takes the next message. It never waits. The message is lent until the next one is taken.
func (r *Receiver) TryReceive() ([]byte, error) {
	if err := r.message(); err != nil {
		return nil, err
	}
	slot, length := r.slot(r.own), r.each
	if length == 0 {
		length, slot = atomic.LoadUint64(&slot[0]), slot[1:]
		if length > uint64(len(r.buffer)) {
			return nil, ErrCorrupt
		}
	}
	message := r.buffer[:length]
	get(slot, message)
	r.own++
	atomic.StoreUint64(&r.header.head, r.own)
	_ = r.attend(&r.header.sender)
	return message, nil
}

// Receive is TryReceive, waiting until there is a message.
func (r *Receiver) Receive() ([]byte, error) {
	for {
		message, err := r.TryReceive()
		if err != ErrNotNow {
			return message, err
		}
		if err := r.wait(&r.header.receiver, r.message); err != nil {
			return nil, err
		}
	}
}

// message says whether a message is there: nil, ErrNotNow, or why none will come.
func (r *Receiver) message() error {
	if r.own != r.seen {
		return nil
	}
	// In this order: what was sent before the end is there when the end is seen.
	sender := atomic.LoadUint32(&r.header.sender)
	gone := r.signal.gone
	tail := atomic.LoadUint64(&r.header.tail)
	if tail-r.own > r.slots {
		return ErrCorrupt
	}
	r.seen = tail
	switch {
	case tail != r.own:
		return nil
	case sender&closed != 0:
		return ErrClosed
	case gone:
		return ErrGone
	}
	return ErrNotNow
}

// Lost is how many messages the sender had accepted and took with it when it closed.
func (r *Receiver) Lost() uint64 {
	lost := atomic.LoadUint64(&r.header.lost)
	// The memory is there until it is read. All else uses its end again, after it has looked there.
	runtime.KeepAlive(r)
	return lost
}

// Close says that nothing more is received. The receiver is not used afterwards.
func (r *Receiver) Close() error {
	change(&r.header.receiver, closed, 0)
	_ = r.attend(&r.header.sender)
	return r.signal.close()
}
