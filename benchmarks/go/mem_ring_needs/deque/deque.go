// Package deque has what mem-ring's Go code calls of the module of this name. It keeps what found the
// ring full, which nothing does here: there is room for more than is ever under way.
package deque

// Deque is a queue whose front can be put back.
type Deque[T any] struct{ items []T }

// NewDeque makes an empty one.
func NewDeque[T any]() *Deque[T] { return &Deque[T]{} }

// IsEmpty says whether there is nothing in it.
func (d *Deque[T]) IsEmpty() bool { return len(d.items) == 0 }

// PushBack adds an item.
func (d *Deque[T]) PushBack(item T) { d.items = append(d.items, item) }

// PushFront puts one back.
func (d *Deque[T]) PushFront(item T) { d.items = append([]T{item}, d.items...) }

// TryPopFront takes the first item, if there is one.
func (d *Deque[T]) TryPopFront() (item T, ok bool) {
	if ok = len(d.items) > 0; ok {
		item, d.items = d.items[0], d.items[1:]
	}
	return item, ok
}
