//go:build linux

package ring

import (
	"sync/atomic"
	"testing"
)

// endsWithArena is a connection as two processes have it, with messages of up to 8 bytes in their slots.
func endsWithArena(t *testing.T, slots, arena int) (one, two end) {
	here, there := sockets(t)
	sender, receiver, err := OfferWithArena(here, slots, 8, arena)
	if err != nil {
		t.Fatal(err)
	}
	one = end{sender, receiver}
	sender, receiver, err = Accept(there, most)
	if err != nil {
		t.Fatal(err)
	}
	two = end{sender, receiver}
	t.Cleanup(func() { one.close(); two.close() })
	return one, two
}

func long(number, length int) []byte {
	message := make([]byte, length)
	for at := range message {
		message[at] = byte(31*number + at)
	}
	return message
}

func TestMessagesOfEveryLengthComeOnceAndInOrderThroughAnArena(t *testing.T) {
	one, two := endsWithArena(t, 64, 200)
	const count = 10_000
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for n := 0; n < count; n++ {
			if err := one.Send(long(n, n*7%201)); err != nil {
				t.Error(err)
			}
		}
	}()
	for n := 0; n < count; n++ {
		message, err := two.Receive()
		if err != nil || string(message) != string(long(n, n*7%201)) {
			t.Fatal(n, message, err)
		}
	}
	<-sent
	if len(two.buffer) != 200 {
		t.Error("the buffer has", len(two.buffer))
	}
}

func TestAFullArenaRefusesLongMessagesAndNoShortOnes(t *testing.T) {
	one, two := endsWithArena(t, 8, 44)
	if one.Sender.Longest() != 48 || len(two.buffer) != 8 {
		t.Fatal(one.Sender.Longest(), len(two.buffer))
	}
	send := func(length int, expected error) {
		t.Helper()
		if err := one.TrySend(long(length, length)); err != expected {
			t.Fatal(length, err)
		}
	}
	receive := func(length int) {
		t.Helper()
		message, err := two.TryReceive()
		if err != nil || string(message) != string(long(length, length)) {
			t.Fatal(length, message, err)
		}
	}
	send(24, nil)
	send(17, nil)
	send(9, ErrNotNow)
	send(8, nil)
	receive(24)
	send(25, ErrNotNow)
	send(24, nil)
	send(9, ErrNotNow)
	send(49, ErrTooLong)
	receive(17)
	receive(8)
	receive(24)
	send(48, nil)
	receive(48)
}

func TestAMessageThatLiesOutsideOfTheArenaIsNotRead(t *testing.T) {
	one, two := endsWithArena(t, 2, 64)
	atomic.StoreUint64(&one.Sender.header.tail, 1)
	slot := one.Sender.slot(0)
	for _, words := range [][2]uint64{
		{inArena + 57, 8}, {inArena + 1, 64}, {inArena, 72}, {inArena + 8, 4}, {inArena + 8, 1 << 60},
		{inArena + 32, ^uint64(7)}, {^uint64(0), 0}, {9, 0},
	} {
		atomic.StoreUint64(&slot[0], words[0])
		atomic.StoreUint64(&slot[1], words[1])
		if _, err := two.TryReceive(); err != ErrCorrupt {
			t.Error(words, err)
		}
	}
	atomic.StoreUint64(&slot[0], inArena+56)
	atomic.StoreUint64(&slot[1], 8)
	if message, err := two.TryReceive(); err != nil || len(message) != 56 {
		t.Error(message, err)
	}
}
