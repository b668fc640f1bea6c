// Functions in Go that Rust calls: a library without a main function of its own.
package main

import "C"

import _ "benchmarks/rust2go"

// The limit: an export that does nothing.
//
//export foreign_go_nothing
func foreign_go_nothing() {}

func main() {}
