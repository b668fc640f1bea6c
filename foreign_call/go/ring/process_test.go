//go:build linux

package ring

import (
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// sockets is where one process would offer, and another one accept.
func sockets(t *testing.T) (here, there *net.UnixConn) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return connection(t, fds[0]), connection(t, fds[1])
}

// connection takes over a socket.
func connection(t *testing.T, fd int) *net.UnixConn {
	file := os.NewFile(uintptr(fd), "socket")
	defer file.Close()
	conn, err := net.FileConn(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.(*net.UnixConn)
}

const most = 1 << 16

// processes is a connection as two processes have it, with messages of up to 24 bytes.
func processes(t *testing.T, slots int) (one, two end) {
	here, there := sockets(t)
	sender, receiver, err := Offer(here, slots, 24)
	if err != nil {
		t.Fatal(err)
	}
	one = end{sender, receiver}
	sender, receiver, err = Accept(there, most)
	if err != nil {
		t.Fatal(err)
	}
	// Not needed any more.
	here.Close()
	there.Close()
	return one, end{sender, receiver}
}

func (e end) close() {
	e.Sender.Close()
	e.Receiver.Close()
}

func TestWhatIsOfferedAndAcceptedCarriesMessagesBothWays(t *testing.T) {
	one, two := processes(t, 3)
	for _, s := range []*side{&one.Sender.side, &one.Receiver.side, &two.Sender.side, &two.Receiver.side} {
		if s.slots != 4 || s.Longest() != 24 {
			t.Fatal(s.slots, s.Longest())
		}
	}
	const count = 20_000
	ended := make(chan error)
	go func() {
		for {
			message, err := two.Receive()
			if err == nil {
				err = two.Send(message)
			}
			if err != nil {
				two.close()
				ended <- err
				return
			}
		}
	}()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for n := uint64(0); n < count; n++ {
			if err := one.Send(number(n)); err != nil {
				t.Error(err)
			}
		}
	}()
	for n := uint64(0); n < count; n++ {
		message, err := one.Receive()
		if err != nil || string(message) != string(number(n)) {
			t.Fatal(n, message, err)
		}
	}
	<-sent
	one.close()
	if err := <-ended; err != ErrClosed {
		t.Fatal(err)
	}
}

func TestAnEndWhoseProcessIsGoneIsMissedAfterItsMessages(t *testing.T) {
	one, two := processes(t, 2)
	defer two.close()
	if err := one.Send(number(1)); err != nil {
		t.Fatal(err)
	}
	// As the kernel does it: nobody says that it is closed.
	one.Sender.signal.close()
	one.Receiver.signal.close()
	if message, err := two.Receive(); err != nil || string(message) != string(number(1)) {
		t.Fatal(message, err)
	}
	if _, err := two.Receive(); err != ErrGone {
		t.Fatal(err)
	}
	for _, expected := range []error{nil, nil, ErrGone} {
		if err := two.Send(number(2)); err != expected {
			t.Fatal(err)
		}
	}
}

func TestAnEndThatIsClosedAgainWritesToNobody(t *testing.T) {
	one, two := processes(t, 2)
	defer two.close()
	defer one.Receiver.Close()
	number := one.Sender.signal.other
	if err := one.Sender.Close(); err != nil {
		t.Fatal(err)
	}
	// The number is somebody else's by now, and the other end says that it sleeps.
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(fds[:])
	if fds[0] != number {
		if err := syscall.Dup3(fds[0], number, syscall.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		defer syscall.Close(number)
	}
	change(&two.Receiver.header.receiver, asleep, 0)
	if err := one.Sender.Close(); err == nil {
		t.Error("it was open still")
	}
	var bytes [8]byte
	if read, _, err := syscall.Recvfrom(fds[1], bytes[:], syscall.MSG_DONTWAIT); err != syscall.EAGAIN {
		t.Error(read, err)
	}
}

// The other process may have kept what it sent.
func TestASocketThatTheOtherSideMadeBlockingKeepsNoThreadWaiting(t *testing.T) {
	one, two := processes(t, 2)
	defer one.close()
	own := two.Receiver.signal
	if err := syscall.SetNonblock(own.other, false); err != nil {
		t.Fatal(err)
	}
	// Go's poller keeps to it, and the system does not.
	if err := own.own.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		_, err := two.Receive()
		ended <- err
	}()
	select {
	case err := <-ended:
		if err != ErrGone {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Error("it waits in the system")
		one.Sender.Close()
		<-ended
	}
	two.close()
}

func TestRingsThatCanNotBeAreNotOffered(t *testing.T) {
	here, _ := sockets(t)
	for _, size := range [][3]int{
		{-1, 8}, {1, -1}, {1 << 31, 1 << 31}, {1, 8, -1}, {1, 8, 1 << 60}, {1, 8, 1<<60 - 8},
	} {
		if _, _, err := OfferWithArena(here, size[0], size[1], size[2]); err != ErrSize {
			t.Fatal(size, err)
		}
	}
}

// What no honest memory has: nobody may write it.
const sealWrite = 8

func file(t *testing.T, size int64, seals uintptr) int {
	fd, err := newFile(closeOnExec|allowSealing, size, seals)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	return fd
}

func TestWhatIsNoOfferIsRefused(t *testing.T) {
	size := int64(2 * ringBytes(4, 32, 0))
	sealed, unsealed := file(t, size, sealShrink), file(t, size, sealGrow)
	constant, empty := file(t, size, sealShrink|sealWrite), file(t, 0, sealShrink)
	null, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	no := int(null.Fd())
	sockets(t) // Go's poller has descriptors of its own, from its first use on
	before := descriptorCount(t)
	for _, offer := range []struct {
		name, expected string
		send           func(*net.UnixConn) error
	}{
		{"nothing", "EOF", func(conn *net.UnixConn) error { return conn.Close() }},
		{"other bytes", "ring: not an offer", func(conn *net.UnixConn) error {
			_, err := conn.Write([]byte("GET / HT"))
			return err
		}},
		{"two descriptors", "ring: not an offer", func(conn *net.UnixConn) error {
			return send(conn, sealed, sealed)
		}},
		{"twenty descriptors", "ring: not an offer", func(conn *net.UnixConn) error {
			var twenty []int
			for len(twenty) < 20 {
				twenty = append(twenty, sealed)
			}
			return send(conn, twenty...)
		}},
		{"a file without seals", "invalid argument", func(conn *net.UnixConn) error {
			return send(conn, no, no, no)
		}},
		{"memory without seals", "ring: the shared memory can be taken away",
			func(conn *net.UnixConn) error { return send(conn, unsealed, no, no) }},
		{"memory that can't be written", "operation not permitted",
			func(conn *net.UnixConn) error { return send(conn, constant, no, no) }},
		{"memory without a ring", "ring: this is not a ring",
			func(conn *net.UnixConn) error { return send(conn, sealed, no, no) }},
		{"no memory", "ring: the shared memory is empty, odd or too large",
			func(conn *net.UnixConn) error { return send(conn, empty, no, no) }},
		{"large memory", "ring: the shared memory is empty, odd or too large",
			func(conn *net.UnixConn) error {
				sender, receiver, err := Offer(conn, 1024, 64)
				if err == nil {
					end{sender, receiver}.close()
				}
				return err
			}},
	} {
		here, there := sockets(t)
		if err := offer.send(here); err != nil {
			t.Fatal(offer.name, err)
		}
		_, _, err := Accept(there, most)
		if err == nil || !strings.HasSuffix(err.Error(), offer.expected) {
			t.Error(offer.name, err)
		}
		here.Close()
		there.Close()
	}
	if after := descriptorCount(t); after != before {
		t.Error("descriptors before and after:", before, after)
	}
}

// Of a file of huge pages that keeps its length, each page may be taken away.
func TestMemoryOfHugePagesIsRefused(t *testing.T) {
	const hugePages = 4 // MFD_HUGETLB
	fd, err := newFile(closeOnExec|allowSealing|hugePages, 1<<30, sealShrink)
	if err != nil {
		t.Skip("no huge pages:", err)
	}
	defer syscall.Close(fd)
	if _, err := acceptMemory(fd, most); err != errTakenAway {
		t.Error(err)
	}
}

// A socket that keeps messages apart carries descriptors beside no bytes, too.
func TestDescriptorsThatComeBesideNothingAreClosed(t *testing.T) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_SEQPACKET|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fds[0])
	there := connection(t, fds[1])
	memory := file(t, int64(2*ringBytes(4, 32, 0)), sealShrink)
	before := descriptorCount(t)
	// syscall.Sendmsg would add a byte.
	beside := syscall.UnixRights(memory, memory, memory)
	message := syscall.Msghdr{Control: &beside[0], Controllen: uint64(len(beside))}
	_, _, failed := syscall.Syscall(
		syscall.SYS_SENDMSG, uintptr(fds[0]), uintptr(unsafe.Pointer(&message)), 0)
	if failed != 0 {
		t.Fatal(failed)
	}
	if _, _, err := Accept(there, most); err == nil {
		t.Error("an offer without a greeting was accepted")
	}
	if after := descriptorCount(t); after != before {
		t.Error("descriptors before and after:", before, after)
	}
}

func TestWhatIsClosedAndForgottenIsUnmapped(t *testing.T) {
	sockets(t)
	before := descriptorCount(t)
	for round := 0; round < 50; round++ {
		one, two := processes(t, 4)
		one.close()
		two.close()
	}
	// The collector says when.
	for start := time.Now(); mappings(t) != 0; runtime.GC() {
		if time.Since(start) > time.Minute {
			t.Fatal(mappings(t), "rings are still mapped")
		}
	}
	if after := descriptorCount(t); after != before {
		t.Error("descriptors before and after:", before, after)
	}
}

func descriptorCount(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func mappings(t *testing.T) int {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(maps), "foreign_call ring")
}
