// Package unix has the one name that mem-ring's Go code uses of it.
package unix

import "syscall"

// EINTR says that a signal came.
const EINTR = syscall.EINTR
