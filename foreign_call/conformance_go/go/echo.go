package main

// Gives back what it is given.
type echo struct{}

func init() {
	EchoImpl = echo{}
}

func (echo) all(value All) (All, error) {
	return value, nil
}

func (echo) all_later(value All) (All, error) {
	return value, nil
}

func (echo) bytes(value []uint8) ([]uint8, error) {
	return value, nil
}

func (echo) points(value []Point) ([]Point, error) {
	return value, nil
}

func (echo) scalars(a uint8, b int64, c float32, d float64, e bool, f rune) (Tuple6[uint8, int64, float32, float64, bool, rune], error) {
	return Tuple6[uint8, int64, float32, float64, bool, rune]{a, b, c, d, e, f}, nil
}

func (echo) circle(radius float64) (Figure, error) {
	return Figure_Circle{radius}, nil
}

func (echo) nothing() error {
	return nil
}
