package main

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
)

// Calls what Rust offers, and hands on what it is answered.
type caller struct{}

func init() {
	CallerImpl = caller{}
}

func (caller) get(key string) (*string, error) {
	return Store_get(key)
}

func (caller) echo(page Page) (Page, error) {
	return Store_echo(page)
}

func (caller) put(page Page) (Result[struct{}, string], error) {
	return Store_put(page)
}

func (caller) scalars(a int8, b float64, flag bool, letter rune) (Tuple4[int8, float64, bool, rune], error) {
	return Store_scalars(a, b, flag, letter)
}

func (caller) sum(numbers []uint64) (uint64, error) {
	return Store_sum(numbers)
}

func (caller) touched(key string) error {
	return Store_touched(key)
}

// The answer is Go's own by now, whatever becomes of Rust's memory.
func (caller) fetch(url string, page Page) (Page, error) {
	fetched, err := Store_fetch(url, page)
	runtime.GC()
	return fetched, err
}

func (caller) ready() error {
	return Store_ready()
}

// What is no variant does not get to Rust: it is a panic, here. What is no text does.
func (caller) hostile() error {
	var reason interface{}
	func() {
		defer func() { reason = recover() }()
		Store_echo(Page{})
	}()
	if text := fmt.Sprint(reason); text != "<nil> is no variant of PageState" {
		return errors.New(text)
	}
	_, err := Store_get("ab\xff")
	return err
}

func (caller) run(goroutines uint32, calls uint64) (Tuple3[uint64, uint64, uint64], error) {
	var answered, unavailable, other atomic.Uint64
	add := func(err error) {
		var failed *CallError
		switch {
		case err == nil:
			answered.Add(1)
		case errors.As(err, &failed) && failed.Code() == math.MinInt32:
			unavailable.Add(1)
		default:
			other.Add(1)
		}
	}
	page := Page{
		url: "url", tags: []string{"one", "two"}, state: PageState_Old{7, []string{"why"}},
		checked: Result[[2]string, PageState]{is_ok: true}, letter: 'x',
	}
	var all sync.WaitGroup
	for i := uint32(0); i < goroutines; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := uint64(0); i < calls; i++ {
				_, err := Store_get("key")
				add(err)
				fetched, err := Store_fetch("fetched", page)
				add(err)
				if err == nil && (fetched.url != "fetched" || fetched.tags[1] != "two") {
					other.Add(1)
				}
				add(Store_touched("key"))
			}
		}()
	}
	all.Wait()
	return Tuple3[uint64, uint64, uint64]{answered.Load(), unavailable.Load(), other.Load()}, nil
}
