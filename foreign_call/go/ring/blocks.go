//go:build linux

package ring

// blocks is which parts of the arena are under way, as their sender knows it: a queue, in the order in
// which they were sent. Nobody else knows. A block is free once its message's slot is.
type blocks struct {
	arena    uint64 // its bytes
	underWay []block
}

// block is where one message lies, in bytes behind the beginning of the arena.
type block struct{ message, begin, end uint64 }

// free forgets the blocks of the messages below this number, which were taken.
func (b *blocks) free(taken uint64) {
	count := 0
	for count < len(b.underWay) && int64(taken-b.underWay[count].message) > 0 {
		count++
	}
	b.underWay = append(b.underWay[:0], b.underWay[count:]...)
}

func (b *blocks) haveRoom(length uint64) bool {
	_, ok := b.place(length)
	return ok
}

// take takes the room that there is for this message, the next one, and says where it lies.
func (b *blocks) take(message, length uint64) uint64 {
	begin, _ := b.place(length)
	b.underWay = append(b.underWay, block{message, begin, begin + (length+7)/8*8})
	return begin
}

// place is behind the last block or, where it is too long for that, at the beginning: in one piece.
func (b *blocks) place(length uint64) (at uint64, ok bool) {
	if len(b.underWay) == 0 {
		return 0, length <= b.arena
	}
	begin, end := b.underWay[0].begin, b.underWay[len(b.underWay)-1].end
	switch {
	case begin >= end: // They go round the end of the arena.
		return end, length <= begin-end
	case length <= b.arena-end:
		return end, true
	}
	return 0, length <= begin
}
