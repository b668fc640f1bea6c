//go:build linux

package ring

import (
	"bytes"
	"net"
	"sync/atomic"
	"testing"
	"unsafe"
)

// fixedShape is that of a ring for messages of exactly so many bytes.
func fixedShape(t *testing.T, slots, bytes int) shape {
	s, err := newShape(slots, bytes, fixed)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestMessagesOfOneLengthGoThereAndBack(t *testing.T) {
	for _, length := range []int{1, 7, 8, 13, 24} {
		one, two, _ := endsOf(t, fixedShape(t, 4, length))
		if one.Sender.Longest() != length || two.Receiver.MessageBytes() != length {
			t.Fatal(one.Sender.Longest(), two.Receiver.MessageBytes())
		}
		for round := 0; round < 20; round++ {
			message := bytes.Repeat([]byte{byte(round + length)}, length)
			if err := one.Send(message); err != nil {
				t.Fatal(err)
			}
			there, err := two.Receive()
			if err == nil {
				err = two.Send(there)
			}
			if err != nil {
				t.Fatal(err)
			}
			if back, err := one.Receive(); err != nil || !bytes.Equal(back, message) {
				t.Fatal(length, round, back, err)
			}
		}
	}
}

func TestAMessageOfAnotherLengthIsRefused(t *testing.T) {
	one, two, _ := endsOf(t, fixedShape(t, 4, 8))
	for _, length := range []int{0, 7, 9, 16} {
		if err := one.TrySend(make([]byte, length)); err != (WrongLength{length, 8}) {
			t.Error(length, err)
		}
	}
	expected := "ring: the message has 7 bytes, and each of this ring has 8"
	if err := one.Send(make([]byte, 7)); err == nil || err.Error() != expected {
		t.Error(err)
	}
	if _, err := two.TryReceive(); err != ErrNotNow {
		t.Error("something was sent:", err)
	}
}

func TestASlotIsItsMessageAndNoMore(t *testing.T) {
	one, _, rings := endsOf(t, fixedShape(t, 4, 8))
	for n := uint64(7); n < 9; n++ {
		if err := one.TrySend(number(n)); err != nil {
			t.Fatal(err)
		}
	}
	if first, second := rings[0][80], rings[0][81]; first != 7 || second != 8 {
		t.Fatal(first, second)
	}
}

func TestMessagesOfNoLengthOrLongerThanASlotAreNotARing(t *testing.T) {
	for _, length := range []uint32{0, 17} {
		words := ring(fixedShape(t, 2, 16))
		h := (*header)(unsafe.Pointer(&words[0]))
		atomic.StoreUint32(&h.messageBytes, length)
		if _, err := attach(unsafe.Pointer(&words[0]), 640+32, nil); err != ErrNotARing {
			t.Error(length, err)
		}
	}
}

func TestMessagesOfOneLengthAreOfferedAndAccepted(t *testing.T) {
	here, there := sockets(t)
	type accepted struct {
		end
		err error
	}
	accepting := make(chan accepted)
	go func() {
		s, r, err := Accept(there, 1<<20)
		accepting <- accepted{end{s, r}, err}
	}()
	s, r, err := OfferFixed(here, 16, 13)
	two := <-accepting
	if err != nil || two.err != nil {
		t.Fatal(err, two.err)
	}
	defer func() {
		for _, close := range []func() error{s.Close, r.Close, two.Sender.Close, two.Receiver.Close} {
			if err := close(); err != nil {
				t.Error(err)
			}
		}
	}()
	if two.Sender.MessageBytes() != 13 || r.MessageBytes() != 13 {
		t.Fatal(two.Sender.MessageBytes(), r.MessageBytes())
	}
	if err := s.Send([]byte("hello, there!")); err != nil {
		t.Fatal(err)
	}
	if message, err := two.Receive(); err != nil || string(message) != "hello, there!" {
		t.Fatal(string(message), err)
	}
	if _, _, err := OfferFixed((*net.UnixConn)(nil), 16, 0); err != ErrSize {
		t.Fatal("messages of no bytes:", err)
	}
}
