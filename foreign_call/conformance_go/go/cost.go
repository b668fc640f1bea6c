package main

// Does next to nothing.
type cost struct{}

func init() {
	CostImpl = cost{}
}

func (cost) tell(user User) {}

func (cost) flat(user User) uint64 {
	return uint64(user.age)
}

func (cost) nested(request Request) uint64 {
	return uint64(len(request.users))
}

func (cost) later(number uint64) uint64 {
	return number
}
