package main

import (
	"errors"
	"fmt"
	"runtime"
)

// Does everything wrong that can be done wrong in Go.
type faults struct{}

func init() {
	FaultsImpl = faults{}
}

func (faults) wrong(fault uint32) (Wrong, error) {
	it := Wrong{'x', Tint_Light, "text", Sign_Word{"word"}, nil}
	switch fault {
	case 1:
		it.letter = 0xd800
	case 2:
		it.letter = -1
	case 3:
		it.tint = 2
	case 4:
		it.text = "ab\xff"
	case 5:
		it.sign = nil
	case 6:
		it.sign = &Sign_Word{"word"}
	case 7:
		it.sign = Sign_Word{"\xc0\x80"}
	case 8:
		it.more = [][]string{{"a"}, {"b", "\xed\xa0\x80"}}
	}
	return it, nil
}

type coded struct{ code int32 }

func (it coded) Error() string { return "no énergy" }
func (it coded) Code() int32   { return it.code }

func (faults) fails(code int32) (uint8, error) {
	return 0, fmt.Errorf("it says: %w", coded{code})
}

func (faults) fails_plainly() error {
	return errors.New("not \xff text")
}

func panic_somehow(how uint32) {
	switch how {
	case 0:
		panic("a reason")
	case 1:
		panic(errors.New("an error"))
	case 2:
		var nothing *Wrong
		nothing.text = "?"
	case 3:
		_ = []int{}[how]
	case 4:
		panic(nil)
	}
}

func (faults) panics(how uint32) (uint8, error) {
	panic_somehow(how)
	return 0, nil
}

func (faults) panics_later(how uint32) (uint8, error) {
	panic_somehow(how)
	return 0, nil
}

func (faults) exits_later() (uint8, error) {
	runtime.Goexit()
	return 0, nil
}

func (faults) panics_one_way() {
	panic("on the way")
}

func (faults) one_way_panics() uint64 {
	return foreign_call_one_way_panics.Load()
}

func (faults) under_way() Tuple2[uint64, uint64] {
	calls := 0
	for i := range foreign_call_parts {
		part := &foreign_call_parts[i]
		part.lock.Lock()
		calls += len(part.calls)
		part.lock.Unlock()
	}
	return Tuple2[uint64, uint64]{uint64(runtime.NumGoroutine()), uint64(calls)}
}

func (faults) live_objects() uint64 {
	var statistics runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&statistics)
	return statistics.HeapObjects
}

func (faults) panics_without_result() uint8 {
	panic("no room for it")
}

func (faults) halve(number uint32) Result[uint32, Problem] {
	if number%2 == 1 {
		return Result[uint32, Problem]{err: Problem_Odd{number}}
	}
	if number == 0 {
		panic("zero")
	}
	return Result[uint32, Problem]{is_ok: true, ok: number / 2}
}

// The same name as in Echo, with other types.
func (faults) all(select_ []string) map[string]uint32 {
	lengths := make(map[string]uint32)
	for _, word := range select_ {
		lengths[word] = uint32(len(word))
	}
	return lengths
}
