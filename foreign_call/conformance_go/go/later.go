package main

import (
	"context"
	"errors"
	"math/rand"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Answers when it pleases: at once, after other goroutines, or after a sleep.
type later struct {
	started chan struct{}
	once    sync.Once
	ended   atomic.Uint64
}

func init() {
	LaterImpl = &later{started: make(chan struct{})}
}

func (it *later) sum(numbers []uint64) (uint64, error) {
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
	it.ended.Add(1)
	return sum, nil
}

// If it is nowhere, it waits until nobody wants to know any more.
func (it *later) search(ctx context.Context, numbers []uint64, wanted uint64) (uint64, error) {
	for i, number := range numbers {
		if number == wanted {
			return uint64(i), nil
		}
	}
	<-ctx.Done()
	return 0, ctx.Err()
}

// If it is nowhere, it waits for the start: it is not told that nobody waits.
func (it *later) search_in_time(numbers []uint64, wanted uint64) (uint64, error) {
	for i, number := range numbers {
		if number == wanted {
			return uint64(i), nil
		}
	}
	<-it.started
	return 0, errors.New("it is nowhere")
}

// Until then every sum waits, and every search in time.
func (it *later) start(threads uint32) {
	it.once.Do(func() { close(it.started) })
}

// How many sums were made. What becomes of the answers Rust knows.
func (it *later) counts() (Tuple2[uint64, uint64], error) {
	return Tuple2[uint64, uint64]{it.ended.Load(), 0}, nil
}
