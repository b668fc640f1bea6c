module benchmarks

go 1.20

require github.com/ihciah/rust2go v0.4.0

// Only what its generated code needs of it. Without this line, and without `cgo_callback` in
// `../rust2go/src/lib.rs`, it is measured with its own module and its assembly.
replace github.com/ihciah/rust2go => ./rust2go_module
