//go:build linux

package ring

import (
	"runtime"
	"sync/atomic"
)

// Sender is where messages go in.
type Sender struct {
	side
	blocks blocks
}

// Receiver is where messages come out.
type Receiver struct {
	side
	buffer []byte // for any message in a slot, and the longest that came out of the arena
}

func newSender(s side) *Sender {
	return &Sender{side: s, blocks: blocks{arena: uint64(len(s.arena)) * 8}}
}

func newReceiver(s side) *Receiver {
	return &Receiver{side: s, buffer: make([]byte, s.longestInSlot())}
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
	if err := s.room(len(message)); err != nil {
		return err
	}
	slot, length := s.slot(s.own), uint64(len(message))
	switch {
	case len(message) > s.longestInSlot():
		at := s.blocks.take(s.own, length)
		atomic.StoreUint64(&slot[0], inArena|length)
		atomic.StoreUint64(&slot[1], at)
		put(s.arena[at/8:], message)
	case s.each == 0:
		atomic.StoreUint64(&slot[0], length)
		put(slot[1:], message)
	default:
		put(slot, message)
	}
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
		look := func() error { return s.room(len(message)) }
		if err := s.wait(&s.header.sender, look); err != nil {
			return err
		}
	}
}

// room says whether there is room for a message of so many bytes: nil, ErrNotNow, or why there never
// will be.
func (s *Sender) room(length int) error {
	short := length <= s.longestInSlot()
	if short && s.own-s.seen < s.slots {
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
	s.blocks.free(head)
	if s.own-head < s.slots && (short || s.blocks.haveRoom(uint64(length))) {
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
	words, length := r.find()
	if words == nil {
		return nil, ErrCorrupt
	}
	r.makeRoom(int(length))
	message := r.buffer[:length]
	get(words, message)
	r.own++
	atomic.StoreUint64(&r.header.head, r.own)
	_ = r.attend(&r.header.sender)
	return message, nil
}

// makeRoom is for a message of so many bytes, which can be. The buffer doubles, so that it seldom has
// to, and is never longer than the longest message.
func (r *Receiver) makeRoom(length int) {
	if len(r.buffer) >= length {
		return
	}
	room := 2 * len(r.buffer)
	if room < length {
		room = length
	}
	if longest := r.Longest(); room > longest {
		room = longest
	}
	r.buffer = make([]byte, room)
}

// find is where the next message lies and how long it is; nil if it can't be there.
func (r *Receiver) find() ([]uint64, uint64) {
	slot := r.slot(r.own)
	if r.each != 0 {
		return slot, r.each
	}
	length := atomic.LoadUint64(&slot[0])
	if length <= uint64(r.longestInSlot()) {
		return slot[1:], length
	}
	arena := uint64(len(r.arena)) * 8
	if length&inArena == 0 || arena == 0 {
		return nil, 0
	}
	length &^= inArena
	at := atomic.LoadUint64(&slot[1])
	if at%8 != 0 || at > arena || length > arena-at {
		return nil, 0
	}
	return r.arena[at/8:], length
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
