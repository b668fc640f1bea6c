module benchmarks

go 1.20

require (
	foreign_call/ring v0.0.0
	github.com/edwingeng/deque/v2 v2.0.0
	github.com/ihciah/rust2go v0.4.0
	golang.org/x/sys v0.0.0
)

replace foreign_call/ring => ../../foreign_call/go/ring

// Only what its generated code needs of it. Without this line, and without `cgo_callback` in
// `../rust2go/src/lib.rs`, it is measured with its own module and its assembly.
replace github.com/ihciah/rust2go => ./rust2go_module

// Only what mem-ring's Go code needs of these two. It is in the published crate, from which the build
// takes it: its module is not to be had.
replace (
	github.com/edwingeng/deque/v2 => ./mem_ring_needs/deque
	golang.org/x/sys => ./mem_ring_needs/sys
)
