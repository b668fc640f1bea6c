package main

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
)

// Sends items.
type watch struct {
	threads, refused atomic.Int64
}

func init() {
	WatchImpl = &watch{}
}

type ended struct {
	code int32
	send func(struct{}) error
}

// It tries to send, which does not wait: the stream's function has returned.
func (it ended) Error() string {
	if it.send(struct{}{}) == nil {
		return "there was one more"
	}
	return "that was all"
}

func (it ended) Code() int32 { return it.code }

// A goroutine for each name. All send by the same function.
func (it *watch) remarks(ctx context.Context, send func(Remark) error, names []string, each uint64) error {
	var all sync.WaitGroup
	for _, name := range names {
		all.Add(1)
		it.threads.Add(1)
		go func(name string) {
			defer all.Done()
			defer it.threads.Add(-1)
			for number := uint64(0); number < each; number++ {
				if send(Remark{name, number}) != nil {
					it.refused.Add(1)
					return
				}
			}
		}(name)
	}
	all.Wait()
	return nil
}

func (it *watch) numbers(ctx context.Context, send func(uint64) error, from uint64) {
	it.threads.Add(1)
	defer it.threads.Add(-1)
	for number := from; ctx.Err() == nil; number++ {
		if send(number) != nil {
			return
		}
	}
}

func (it *watch) fails_after(ctx context.Context, send func(struct{}) error, items uint64) error {
	for ; items > 0; items-- {
		if err := send(struct{}{}); err != nil {
			return err
		}
	}
	return ended{-5, send}
}

func (it *watch) counts() Tuple2[uint64, uint64] {
	return Tuple2[uint64, uint64]{uint64(it.threads.Load()), uint64(it.refused.Load())}
}

// What was sent when the function had returned.
var sent_late = make(chan error, 1)

func (faults) goes_wrong(ctx context.Context, send func(Wrong) error, how uint32) error {
	it := Wrong{'x', Tint_Dark, "text", Sign_Blank{}, nil}
	if err := send(it); err != nil {
		return err
	}
	switch how {
	case 0:
		it.text = "\xff"
		err := send(it)
		if send(it) == nil {
			return errors.New("it goes on")
		}
		return err
	case 1:
		it.sign = nil
		return send(it)
	case 2:
		panic("in between")
	}
	// Returns first, and then a goroutine of its own sends.
	go func() {
		<-ctx.Done()
		sent_late <- send(it)
	}()
	return nil
}

func (faults) sent_late() string {
	return (<-sent_late).Error()
}

// Sends what it was given, piece by piece, when the caller has gone on.
func (faults) give_back(ctx context.Context, send func(string) error, value map[string][]Sign, more *Wrong, go_on uint32) {
	for ; go_on > 0; go_on-- {
		if send(strconv.Itoa(int(go_on))) != nil {
			return
		}
	}
	for key, signs := range value {
		text := key
		for _, sign := range signs {
			if word, is := sign.(Sign_Word); is {
				text += " " + word.f0
			}
		}
		send(text)
	}
	for _, list := range more.more {
		for _, text := range list {
			send(more.text + " " + text)
		}
	}
}
