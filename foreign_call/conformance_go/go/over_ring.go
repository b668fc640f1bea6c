package main

import (
	"context"
	"math/rand"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

type overRing struct {
	notes   atomic.Uint64
	bytes   atomic.Uint64
	next    uint64 // the goroutine's that runs one-way functions
	started chan struct{}
	once    sync.Once
}

func init() {
	OverRingImpl = &overRing{started: make(chan struct{})}
}

func (it *overRing) note(text string, number uint64) {
	if number == it.next {
		it.notes.Add(1)
	}
	it.next = number + 1
	it.bytes.Add(uint64(len(text)))
}

func (it *overRing) noted() Tuple2[uint64, uint64] {
	return Tuple2[uint64, uint64]{it.notes.Load(), it.bytes.Load()}
}

func (it *overRing) note_wrongly(text string, panics bool) {
	if panics {
		panic(text)
	}
	runtime.Goexit()
}

func (it *overRing) panics() uint64 {
	return foreign_call_one_way_panics.Load()
}

func (it *overRing) sum(numbers []uint64) (uint64, error) {
	<-it.started
	switch rand.Intn(4) {
	case 0:
		runtime.Gosched()
	case 1:
		time.Sleep(time.Duration(rand.Intn(200)) * time.Microsecond)
	}
	var sum uint64
	for _, number := range numbers {
		sum += number
	}
	return sum, nil
}

func (it *overRing) start() {
	it.once.Do(func() { close(it.started) })
}

func (it *overRing) copies(note Note, times uint32) ([]Note, error) {
	copies := make([]Note, times)
	for i := range copies {
		copies[i] = Note{note.text, uint32(i)}
	}
	return copies, nil
}

func (it *overRing) length(text string, more uint64) (uint64, error) {
	return uint64(len(text)) + more, nil
}

func (it *overRing) scalars(a uint8, b int64, c float32, d float64, e bool, f rune) (Tuple6[uint8, int64, float32, float64, bool, rune], error) {
	return Tuple6[uint8, int64, float32, float64, bool, rune]{a, b, c, d, e, f}, nil
}

func (it *overRing) half(number uint32) uint32 {
	if number%2 != 0 {
		panic("odd")
	}
	return number / 2
}

func (it *overRing) search(ctx context.Context, numbers []uint64, wanted uint64) (uint64, error) {
	for at, number := range numbers {
		if number == wanted {
			return uint64(at), nil
		}
	}
	<-ctx.Done()
	return 0, ctx.Err()
}

func (it *overRing) search_in_time(ctx context.Context, numbers []uint64, wanted uint64) (uint64, error) {
	return it.search(ctx, numbers, wanted)
}

func (it *overRing) fails(code int32) (uint8, error) {
	return 0, foreign_call_error{code, strings.Repeat("no énergy", 100)}
}

func (it *overRing) panics_itself() (uint8, error) {
	panic("itself")
}

func (it *overRing) exits() (uint8, error) {
	runtime.Goexit()
	return 1, nil
}

func (it *overRing) invalid() (string, error) {
	return "ab\xff", nil
}

func (it *overRing) forges() uint64 {
	link := &foreign_call_link_OverRing
	forged := uint64(0)
	for bit := 0; bit < 64; bit++ {
		link.lock.Lock()
		link.answers.send([3]uint64{1 << bit, forged & 1 * 1000, 0})
		link.kept[link.sent&uint64(len(link.kept)-1)] = nil
		link.sent++
		link.lock.Unlock()
		forged++
	}
	return forged
}

func (it *overRing) under_way() Tuple3[uint64, uint64, uint64] {
	contexts := 0
	for part := range foreign_call_parts {
		foreign_call_parts[part].lock.Lock()
		contexts += len(foreign_call_parts[part].calls)
		foreign_call_parts[part].lock.Unlock()
	}
	link := &foreign_call_link_OverRing
	link.lock.Lock()
	defer link.lock.Unlock()
	return Tuple3[uint64, uint64, uint64]{uint64(runtime.NumGoroutine()), uint64(contexts), uint64(len(link.arenas))}
}
