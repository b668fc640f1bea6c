//go:build linux

package ring

import (
	"encoding/binary"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"
)

// ring is one as Rust would make it. The test keeps it, as Go's collector would not.
func ring(s shape) []uint64 {
	all := make([]uint64, (640+s.slots*s.slotBytes+128)/8)
	offset := (128 - uintptr(unsafe.Pointer(&all[0]))%128) % 128 / 8
	words := all[offset:]
	s.describe(unsafe.Pointer(&words[0]))
	return words
}

func eventFd(t *testing.T) int32 {
	fd, _, err := syscall.Syscall(syscall.SYS_EVENTFD2, 0, syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != 0 {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(int(fd)) })
	return int32(fd)
}

type end struct {
	*Sender
	*Receiver
}

// ends is a connection with both ends in Go, and the memory of its rings.
func ends(t *testing.T, slots, slotBytes uint64) (one, two end, rings [2][]uint64) {
	return endsOf(t, shape{slots: slots, slotBytes: slotBytes})
}

func endsOf(t *testing.T, s shape) (one, two end, rings [2][]uint64) {
	rings = [2][]uint64{ring(s), ring(s)}
	var fds [4]int32
	for number := range fds {
		fds[number] = eventFd(t)
	}
	attach := func(send, receive int) end {
		address := func(number int) uintptr { return uintptr(unsafe.Pointer(&rings[number][0])) }
		// The first ring's sender waits on 0, its receiver on 1; the second one's on 2 and 3.
		s, r, err := Attach(&Meta{
			RingBytes: uint64(len(rings[0])) * 8,
			Send:      MetaEnd{address(send), fds[2*send], fds[2*send+1]},
			Receive:   MetaEnd{address(receive), fds[2*receive+1], fds[2*receive]},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close(); r.Close() })
		return end{s, r}
	}
	return attach(0, 1), attach(1, 0), rings
}

func TestAnEndLeavesNoDescriptorToAProcessThatIsStarted(t *testing.T) {
	one, _, _ := ends(t, 2, 16)
	for _, signal := range []*signal{one.Sender.signal, one.Receiver.signal} {
		conn, err := signal.own.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		err = conn.Control(func(fd uintptr) {
			flags, _, err := syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_GETFD, 0)
			if err != 0 || flags&syscall.FD_CLOEXEC == 0 {
				t.Error(flags, err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func number(n uint64) []byte {
	return binary.LittleEndian.AppendUint64(nil, n)
}

func TestEveryNumberComesOnceAndInOrder(t *testing.T) {
	one, two, _ := ends(t, 4, 16)
	const count = 50_000
	go func() {
		for n := uint64(0); n < count; n++ {
			if err := one.Send(number(n)); err != nil {
				t.Error(err)
			}
		}
		change(&one.Sender.header.sender, closed, 0)
		one.Sender.attend(&one.Sender.header.receiver)
	}()
	for n := uint64(0); n < count; n++ {
		message, err := two.Receive()
		if err != nil || string(message) != string(number(n)) {
			t.Fatal(n, message, err)
		}
	}
	if _, err := two.Receive(); err != ErrClosed {
		t.Fatal(err)
	}
}

func TestMessagesOfEveryLengthGoThereAndBack(t *testing.T) {
	one, two, _ := ends(t, 2, 32)
	const rounds = 2_000
	go func() {
		for round := 0; round < rounds; round++ {
			message, err := two.Receive()
			if err == nil {
				err = two.Send(message)
			}
			if err != nil {
				t.Error(err)
			}
		}
	}()
	for round := 0; round < rounds; round++ {
		message := make([]byte, round%25)
		for at := range message {
			message[at] = byte(round + at)
		}
		if err := one.Send(message); err != nil {
			t.Fatal(err)
		}
		back, err := one.Receive()
		if err != nil || string(back) != string(message) {
			t.Fatal(round, back, err)
		}
	}
}

func TestAFullRingAndALongMessageAreRefused(t *testing.T) {
	one, two, _ := ends(t, 2, 16)
	for _, expected := range []error{nil, nil, ErrNotNow} {
		if err := one.TrySend(number(1)); err != expected {
			t.Fatal(err)
		}
	}
	if err := one.TrySend(make([]byte, 9)); err != ErrTooLong {
		t.Fatal(err)
	}
	if _, err := two.TryReceive(); err != nil {
		t.Fatal(err)
	}
	if err := one.TrySend(number(1)); err != nil {
		t.Fatal(err)
	}
	if woken := one.Sender.WakeUps() + two.Receiver.WakeUps(); woken != 0 {
		t.Fatal("nobody slept, and was woken", woken)
	}
}

func TestAReceiverThatGoesAwayEndsTheSender(t *testing.T) {
	one, two, _ := ends(t, 1, 16)
	if err := one.Send(number(1)); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- one.Send(number(2)) }()
	two.Receiver.Close()
	if err := <-ended; err != ErrClosed {
		t.Fatal(err)
	}
}

func TestWhatCanNotBeIsNotBelieved(t *testing.T) {
	one, two, rings := ends(t, 2, 16)
	first := (*header)(unsafe.Pointer(&rings[0][0]))
	atomic.StoreUint64(&first.tail, 3)
	if _, err := two.TryReceive(); err != ErrCorrupt {
		t.Fatal("more messages than slots:", err)
	}
	atomic.StoreUint64(&first.tail, 1)
	atomic.StoreUint64(&rings[0][80], 9)
	if _, err := two.TryReceive(); err != ErrCorrupt {
		t.Fatal("a message longer than its slot:", err)
	}
	for n := 0; n < 2; n++ {
		if err := one.TrySend(nil); err != nil {
			t.Fatal(err)
		}
	}
	atomic.StoreUint64(&first.head, 3)
	if err := one.TrySend(nil); err != ErrCorrupt {
		t.Fatal("more taken than sent:", err)
	}
}

func TestOtherMemoryIsNotARing(t *testing.T) {
	for name, spoil := range map[string]func(*header){
		"magic":            func(h *header) { h.magic++ },
		"version":          func(h *header) { h.version++ },
		"slots":            func(h *header) { h.slots = 3 },
		"no slots":         func(h *header) { h.slots = 0 },
		"too many slots":   func(h *header) { h.slots = 1 << 20 },
		"odd slots":        func(h *header) { h.slotBytes = 15 },
		"too little bytes": func(h *header) { h.slotBytes = 0 },
		"too long arena":   func(h *header) { h.version, h.arenaBytes = withArena, 8 },
		"endless arena":    func(h *header) { h.version, h.arenaBytes = withArena, ^uint64(7) },
	} {
		words := ring(shape{slots: 2, slotBytes: 16})
		spoil((*header)(unsafe.Pointer(&words[0])))
		if _, err := attach(unsafe.Pointer(&words[0]), 640+32, nil); err != ErrNotARing {
			t.Error(name, err)
		}
	}
}
