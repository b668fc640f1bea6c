package main

// #include "../../../include/foreign_call.h"
// #include "runtime.h"
import "C"

import (
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"
)

// The goroutines that answer async calls. At most one of them looks for calls; when it has found one,
// and there are more, it has another one look before it runs the user's function. So no call waits
// for a function that blocks. Who finds nothing looks for a while, since waking a thread takes longer
// than most calls do, and then sleeps.
//
// loom checks this, and the queue in runtime.h, in the generator's model.rs: change both.
type foreign_call_worker struct {
	arena  *foreign_call_arena // nil before the first call, and after sleep
	record C.foreign_call_record
	busy   bool
}

// For so long a goroutine looks before it sleeps. On a single processor it would keep out whom it
// waits for.
var foreign_call_patience = func() time.Duration {
	if runtime.GOMAXPROCS(0) == 1 {
		return 0
	}
	return 30 * time.Microsecond
}()

// Those that sleep, up to so many; the rest ends.
var foreign_call_sleepers atomic.Int32
var foreign_call_wake = make(chan struct{}, foreign_call_most_sleepers)

const foreign_call_most_sleepers = 64

func foreign_call_looking() *uint32 {
	return (*uint32)(unsafe.Pointer(&C.foreign_call_waiting.looking))
}

//export foreign_call_go_look
func foreign_call_go_look() {
	if !atomic.CompareAndSwapUint32(foreign_call_looking(), 0, 1) {
		return
	}
	for sleepers := foreign_call_sleepers.Load(); sleepers > 0; sleepers = foreign_call_sleepers.Load() {
		if foreign_call_sleepers.CompareAndSwap(sleepers, sleepers-1) {
			foreign_call_wake <- struct{}{} // one of them takes it, so there is a place
			return
		}
	}
	go foreign_call_work(nil)
}

//export foreign_call_go_start
func foreign_call_go_start(record unsafe.Pointer) {
	first := *(*C.foreign_call_record)(record)
	go foreign_call_work(&first)
}

// Answers this call, if there is one, or looks for one, and goes on.
func foreign_call_work(first *C.foreign_call_record) {
	worker := foreign_call_worker{}
	defer worker.leave()
	looking := first == nil
	if !looking {
		worker.record = *first
		worker.run()
	}
	for worker.next(looking) {
		worker.run()
		looking = false
	}
}

// Ends a call whose function has called runtime.Goexit, and so ended the goroutine.
func (worker *foreign_call_worker) leave() {
	if worker.busy {
		foreign_call_answer(&worker.record.call, foreign_call_given_up, worker.arena)
	}
	C.free(unsafe.Pointer(worker.arena))
}

func (worker *foreign_call_worker) run() {
	if worker.arena == nil {
		if worker.arena = foreign_call_arena_of_c(); worker.arena == nil {
			foreign_call_answer_without_memory(&worker.record.call)
			return
		}
	}
	worker.busy = true
	status := foreign_call_run(worker.arena, &worker.record)
	foreign_call_answer(&worker.record.call, status, worker.arena)
	worker.busy = false
}

// Gets the next call. False if this goroutine should end. It looks no longer when this returns.
func (worker *foreign_call_worker) next(looking bool) bool {
	flag := foreign_call_looking()
	var since time.Time
	for tries := 0; ; tries++ {
		if worker.pop() {
			if looking {
				atomic.StoreUint32(flag, 0)
			}
			if atomic.LoadUint32(flag) == 0 && foreign_call_any() {
				foreign_call_go_look()
			}
			return true
		}
		if looking {
			// Only who has found nothing reads the clock, and seldom.
			if tries == 0 {
				since = time.Now()
			}
			if tries%32 != 31 || time.Since(since) < foreign_call_patience {
				continue
			}
			// First the flag, then a last look: see foreign_call_later in the C above.
			atomic.StoreUint32(flag, 0)
			if looking = false; foreign_call_any() {
				continue
			}
		} else if atomic.CompareAndSwapUint32(flag, 0, 1) {
			looking, tries = true, -1
			continue
		}
		// Who sleeps needs no memory of C's. (And at the process's end none seems to be lost.)
		C.free(unsafe.Pointer(worker.arena))
		worker.arena = nil
		if !foreign_call_sleep() {
			return false
		}
		looking, tries = true, -1 // whoever wakes us has set the flag for us
	}
}

// False if enough sleep already.
func foreign_call_sleep() bool {
	for {
		sleepers := foreign_call_sleepers.Load()
		if sleepers == foreign_call_most_sleepers {
			return false
		}
		if foreign_call_sleepers.CompareAndSwap(sleepers, sleepers+1) {
			<-foreign_call_wake
			return true
		}
	}
}

// Whether there is a call to pop. One that is being pushed is not there yet: its thread will look
// whether somebody looks.
func foreign_call_any() bool {
	queue := &C.foreign_call_waiting
	at := atomic.LoadUint64((*uint64)(unsafe.Pointer(&queue.head)))
	turn := (*uint64)(unsafe.Pointer(&queue.slots[at%C.FOREIGN_CALL_SLOTS].turn))
	return atomic.LoadUint64(turn) > at/C.FOREIGN_CALL_SLOTS*2
}

func (worker *foreign_call_worker) pop() bool {
	queue := &C.foreign_call_waiting
	head := (*uint64)(unsafe.Pointer(&queue.head))
	for {
		at := atomic.LoadUint64(head)
		slot := &queue.slots[at%C.FOREIGN_CALL_SLOTS]
		turn, full := (*uint64)(unsafe.Pointer(&slot.turn)), at/C.FOREIGN_CALL_SLOTS*2+1
		// Pairs with C's store when it has pushed: the record is written by then.
		if now := atomic.LoadUint64(turn); now < full {
			return false
		} else if now == full && atomic.CompareAndSwapUint64(head, at, at+1) {
			worker.record = slot.record
			// Pairs with C's load before it pushes in the next lap.
			atomic.StoreUint64(turn, full+1)
			return true
		}
	}
}
