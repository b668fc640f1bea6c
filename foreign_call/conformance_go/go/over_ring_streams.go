package main

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// Of all streams over the ring.
var over_ring struct {
	senders, sent, refused atomic.Int64
}

func counted(err error) error {
	if err == nil {
		over_ring.sent.Add(1)
	} else {
		over_ring.refused.Add(1)
	}
	return err
}

// All send by the same function.
func (it *overRing) remarks(ctx context.Context, send func(Note) error, names []string, each uint32) error {
	var all sync.WaitGroup
	for _, name := range names {
		all.Add(1)
		over_ring.senders.Add(1)
		go func(name string) {
			defer all.Done()
			defer over_ring.senders.Add(-1)
			for number := uint32(0); number < each; number++ {
				if counted(send(Note{name, number})) != nil {
					return
				}
			}
		}(name)
	}
	all.Wait()
	return nil
}

func (it *overRing) numbers(ctx context.Context, send func(uint64) error, from uint64) {
	over_ring.senders.Add(1)
	defer over_ring.senders.Add(-1)
	for number := from; counted(send(number)) == nil; number++ {
	}
}

func (it *overRing) ends(ctx context.Context, send func(string) error, how uint32) error {
	if err := counted(send("one")); err != nil {
		return err
	}
	switch how {
	case 1:
		return foreign_call_error{-5, "that was all"}
	case 2:
		panic("in between")
	case 3:
		runtime.Goexit()
	case 4:
		counted(send("\xff"))
		<-ctx.Done()
		return counted(send("one more"))
	case 5:
		over_ring.senders.Add(1)
		go func() {
			defer over_ring.senders.Add(-1)
			<-ctx.Done()
			counted(send("late"))
		}()
	}
	return nil
}

func (it *overRing) recovers(ctx context.Context, send func(Sound) error) error {
	counted(send(Sound_Silence{}))
	func() {
		defer func() { recover() }()
		counted(send(nil))
	}()
	return counted(send(Sound_Word{"after it"}))
}

func (it *overRing) senders() Tuple3[uint64, uint64, uint64] {
	return Tuple3[uint64, uint64, uint64]{uint64(over_ring.senders.Load()), uint64(over_ring.sent.Load()), uint64(over_ring.refused.Load())}
}
