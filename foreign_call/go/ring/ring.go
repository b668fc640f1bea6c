//go:build linux

// Package ring is the Go end of foreign_call's rings: messages through shared memory.
//
// Two rings make a connection. In one process Rust makes it, and lends its other end to Go ([Attach]).
// Between two, one offers it over a Unix socket ([Offer]) and the other one accepts it ([Accept]); the
// other one may be Go, Rust or C. There is no cgo in here. Linux only.
//
// A [Sender] belongs to one goroutine at a time, and so does a [Receiver]; the two of an end are
// independent of each other.
package ring

import (
	"errors"
	"strconv"
	"sync/atomic"
	"unsafe"
)

var (
	// ErrNotNow says that there is no message, or no room, now.
	ErrNotNow = errors.New("ring: nothing now")
	// ErrTooLong says that a message is longer than Longest.
	ErrTooLong = errors.New("ring: the message is too long")
	// ErrClosed says that the other side closed its end.
	ErrClosed = errors.New("ring: the other side closed its end")
	// ErrGone says that the other process is gone, and had not closed its end.
	ErrGone = errors.New("ring: the other side is gone")
	// ErrCorrupt says that the other side wrote what nobody writes who keeps to the layout.
	ErrCorrupt = errors.New("ring: the other side broke the ring")
	// ErrNotARing says that what was to be attached is not a ring of this version.
	ErrNotARing = errors.New("ring: this is not a ring")
	// ErrSize says that there can be no ring of the size that was asked for.
	ErrSize = errors.New("ring: there can be no ring of this size")
)

const (
	magic = "fcrings\x00"
	// Versions of the layout: each message has a length of its own; all have the same; each has one of
	// its own, and there is an arena.
	framed    = 1
	fixed     = 2
	withArena = 3

	asleep = 1
	closed = 2

	// In a slot's length: the message lies in the arena. The slot's next word says how many bytes
	// behind the arena's beginning, a multiple of 8.
	inArena = 1 << 63
)

// header is what a ring begins with; the slots follow, and then the arena. Each line of 128 bytes
// belongs to one side. All of it is used through atomics, as the other side may write to any of it at
// any time.
type header struct {
	magic                     uint64
	version, slots, slotBytes uint32
	messageBytes              uint32 // of each message, in a fixed ring
	arenaBytes                uint64
	_                         [96]byte
	tail                      uint64 // messages ever published, written by the sender
	_                         [120]byte
	head                      uint64 // messages ever taken, written by the receiver
	_                         [120]byte
	sender, _                 uint32 // the sender's flags
	lost                      uint64
	_                         [112]byte
	receiver                  uint32 // the receiver's flags
	_                         [124]byte
}

// Where Rust, C and Go must agree.
var (
	_ [640]byte = [unsafe.Sizeof(header{})]byte{}
	_ [20]byte  = [unsafe.Offsetof(header{}.messageBytes)]byte{}
	_ [128]byte = [unsafe.Offsetof(header{}.tail)]byte{}
	_ [256]byte = [unsafe.Offsetof(header{}.head)]byte{}
	_ [384]byte = [unsafe.Offsetof(header{}.sender)]byte{}
	_ [392]byte = [unsafe.Offsetof(header{}.lost)]byte{}
	_ [512]byte = [unsafe.Offsetof(header{}.receiver)]byte{}
)

// WrongLength says that all messages of a ring have one length, and this one has another.
type WrongLength struct {
	// Length is that of the message, and Each that of all others, in bytes.
	Length, Each int
}

func (e WrongLength) Error() string {
	return "ring: the message has " + strconv.Itoa(e.Length) + " bytes, and each of this ring has " +
		strconv.Itoa(e.Each)
}

// side is what both kinds of end have. Nothing that it knows of itself is read from the shared memory.
type side struct {
	header    *header
	words     []uint64
	arena     []uint64 // the words behind the slots, for messages that are longer
	slots     uint64
	slotWords uint64
	each      uint64 // bytes of each message; 0 if each has a length of its own
	own, seen uint64 // our index, and the other side's when it was last looked at
	signal    *signal
	memory    *mapping // keeps it mapped; nil where Rust does
	wakeUps   uint64
}

// attach looks at a ring that has so many bytes from start on.
func attach(start unsafe.Pointer, bytes uint64, signal *signal) (side, error) {
	var none side
	size := uint64(unsafe.Sizeof(header{}))
	if start == nil || bytes < size {
		return none, ErrNotARing
	}
	h := (*header)(start)
	expected := *(*uint64)(unsafe.Pointer(&[]byte(magic)[0]))
	slots := uint64(atomic.LoadUint32(&h.slots))
	slotBytes := uint64(atomic.LoadUint32(&h.slotBytes))
	version, each, arenaBytes := atomic.LoadUint32(&h.version), uint64(0), uint64(0)
	known := version == framed || version == withArena
	switch version {
	case fixed:
		each = uint64(atomic.LoadUint32(&h.messageBytes))
		known = each != 0 && each <= slotBytes
	case withArena:
		arenaBytes = atomic.LoadUint64(&h.arenaBytes)
	}
	if atomic.LoadUint64(&h.magic) != expected || !known ||
		slots == 0 || slots&(slots-1) != 0 || slotBytes < leastSlot(arenaBytes) ||
		slotBytes%8 != 0 || arenaBytes%8 != 0 || (bytes-size)/slotBytes < slots ||
		bytes-size-slots*slotBytes < arenaBytes {
		return none, ErrNotARing
	}
	all := unsafe.Slice((*uint64)(unsafe.Add(start, size)), (slots*slotBytes+arenaBytes)/8)
	words, arena := all[:slots*slotBytes/8], all[slots*slotBytes/8:]
	s := side{header: h, words: words, arena: arena, slots: slots, slotWords: slotBytes / 8}
	s.each, s.signal = each, signal
	return s, nil
}

// leastSlot is how short a slot may be: with an arena it has room for a place in it.
func leastSlot(arenaBytes uint64) uint64 {
	if arenaBytes > 0 {
		return 16
	}
	return 8
}

// ringBytes is how far it is from a ring to the next one in the same memory.
func ringBytes(slots, slotBytes, arenaBytes uint64) uint64 {
	return uint64(unsafe.Sizeof(header{})) + (slots*slotBytes+arenaBytes+127)/128*128
}

// shape is what a ring is made of. Each message has so many bytes; or, if that is 0, a length of its own,
// and what is longer than a slot lies in the arena.
type shape struct {
	slots, slotBytes, each, arenaBytes uint64
}

// newShape has room for so many messages of at most so many bytes, or of exactly so many, in Rust's
// limits.
func newShape(slots, bytes int, version uint32) (s shape, err error) {
	if slots < 0 || bytes < 0 || uint64(slots) > 1<<31 || uint64(bytes) > 1<<32-16 {
		return s, ErrSize
	}
	for s.slots = 1; s.slots < uint64(slots); {
		s.slots *= 2
	}
	s.slotBytes = (uint64(bytes) + 7) / 8 * 8
	if version == fixed {
		s.each = uint64(bytes)
	} else {
		s.slotBytes += 8
	}
	if s.slotBytes == 0 || s.slots*s.slotBytes >= 1<<60 {
		return s, ErrSize
	}
	return s, nil
}

// withArena is a shape that is not fixed, with an arena of so many bytes, or none.
func (s shape) withArena(bytes int) (shape, error) {
	if bytes < 0 || uint64(bytes) >= 1<<60 {
		return s, ErrSize
	}
	s.arenaBytes = (uint64(bytes) + 7) / 8 * 8
	if least := leastSlot(s.arenaBytes); s.slotBytes < least {
		s.slotBytes = least
	}
	if s.slots*s.slotBytes+s.arenaBytes >= 1<<60 {
		return s, ErrSize
	}
	return s, nil
}

// describe writes what it is into a ring that is all zero, so empty and open, and that nobody else
// knows of.
func (s shape) describe(start unsafe.Pointer) {
	h := (*header)(start)
	copy((*[8]byte)(unsafe.Pointer(&h.magic))[:], magic)
	h.version, h.slots, h.slotBytes = framed, uint32(s.slots), uint32(s.slotBytes)
	switch {
	case s.each != 0:
		h.version, h.messageBytes = fixed, uint32(s.each)
	case s.arenaBytes != 0:
		h.version, h.arenaBytes = withArena, s.arenaBytes
	}
}

// MessageBytes is how many bytes each message has, if all have the same; otherwise 0.
func (s *side) MessageBytes() int {
	return int(s.each)
}

// Longest is the most bytes that a message may have: as many as a slot has room for, or the whole
// arena.
func (s *side) Longest() int {
	if arena := len(s.arena) * 8; arena > s.longestInSlot() {
		return arena
	}
	return s.longestInSlot()
}

// longestInSlot is the most bytes of a message that lies in its slot.
func (s *side) longestInSlot() int {
	if s.each != 0 {
		return int(s.each)
	}
	return int(s.slotWords-1) * 8
}

// WakeUps is how often this end woke the other one.
func (s *side) WakeUps() uint64 {
	return s.wakeUps
}

// slot is the words of the slot in which message number index lies. In a framed ring the first one is
// its length.
func (s *side) slot(index uint64) []uint64 {
	first := (index & (s.slots - 1)) * s.slotWords
	return s.words[first : first+s.slotWords]
}

// attend comes after something was published: it wakes the owner of the flags if that sleeps. The
// owner says that it sleeps, and looks again; we published, and look. Go's atomics are in one order
// for all, and Rust and C have a fence at this place; so one of us sees the other.
func (s *side) attend(flags *uint32) error {
	seen := atomic.LoadUint32(flags)
	// Who takes the flag back wakes: once for each sleep.
	if seen&asleep != 0 && change(flags, 0, asleep)&asleep != 0 {
		s.wakeUps++
		s.signal.wake()
	}
	if seen&closed != 0 {
		return ErrClosed
	}
	return nil
}

// change sets and clears bits, and returns what was there.
func change(flags *uint32, set, clear uint32) uint32 {
	for {
		before := atomic.LoadUint32(flags)
		if atomic.CompareAndSwapUint32(flags, before, before&^clear|set) {
			return before
		}
	}
}

// wait sleeps until look finds something. The flags are ours.
func (s *side) wait(flags *uint32, look func() error) error {
	for {
		change(flags, asleep, 0)
		err := look()
		if err == ErrNotNow {
			err = s.signal.sleep()
		}
		change(flags, 0, asleep)
		if err != nil {
			return err
		}
		if err = look(); err != ErrNotNow {
			return err
		}
	}
}

// put and get move a word at a time: the other process may use at the same time what is not its turn.
func put(words []uint64, message []byte) {
	for number := 0; len(message) > 0; number++ {
		var bytes [8]byte
		message = message[copy(bytes[:], message):]
		atomic.StoreUint64(&words[number], *(*uint64)(unsafe.Pointer(&bytes)))
	}
}

func get(words []uint64, message []byte) {
	for number := 0; number*8 < len(message); number++ {
		word := atomic.LoadUint64(&words[number])
		copy(message[number*8:], (*[8]byte)(unsafe.Pointer(&word))[:])
	}
}
