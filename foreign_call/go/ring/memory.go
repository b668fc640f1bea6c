//go:build linux

package ring

import (
	"errors"
	"runtime"
	"syscall"
	"unsafe"
)

// What package syscall lacks.
const (
	addSeals = 1033 // F_ADD_SEALS
	getSeals = 1034 // F_GET_SEALS

	sealSeal   = 1 // F_SEAL_SEAL
	sealShrink = 2 // F_SEAL_SHRINK
	sealGrow   = 4 // F_SEAL_GROW

	closeOnExec  = 1 // MFD_CLOEXEC
	allowSealing = 2 // MFD_ALLOW_SEALING

	ofHugePages = 0x958458f6 // HUGETLBFS_MAGIC
)

var errTakenAway = errors.New("ring: the shared memory can be taken away")

// memfdCreate is the number of that system call, on each processor of 64 bits.
var memfdCreate = map[string]uintptr{
	"amd64": 319, "arm64": 279, "loong64": 279, "ppc64": 360, "ppc64le": 360, "riscv64": 279,
	"s390x": 350,
}

// mapping is memory that is shared with another process. The ends that use it keep it; once the
// collector finds none of them, it is unmapped.
type mapping struct {
	bytes []byte
}

func mapMemory(fd int, size int64) (*mapping, error) {
	if int64(int(size)) != size {
		return nil, ErrSize
	}
	access := syscall.PROT_READ | syscall.PROT_WRITE
	bytes, err := syscall.Mmap(fd, 0, int(size), access, syscall.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	m := &mapping{bytes}
	runtime.SetFinalizer(m, func(m *mapping) { _ = syscall.Munmap(m.bytes) })
	return m, nil
}

// newMemory is all zero and can never become shorter. The file is for the other process.
func newMemory(size int64) (*mapping, int, error) {
	fd, err := newFile(closeOnExec|allowSealing, size, sealShrink|sealGrow|sealSeal)
	if err != nil {
		return nil, -1, err
	}
	m, err := mapMemory(fd, size)
	if err != nil {
		syscall.Close(fd)
		return nil, -1, err
	}
	return m, fd, nil
}

// newFile is one in memory.
func newFile(flags uintptr, size int64, seals uintptr) (int, error) {
	number, known := memfdCreate[runtime.GOARCH]
	if !known {
		return -1, errors.New("ring: no shared memory on " + runtime.GOARCH)
	}
	name, err := syscall.BytePtrFromString("foreign_call ring")
	if err != nil {
		return -1, err
	}
	fd, _, failed := syscall.Syscall(number, uintptr(unsafe.Pointer(name)), flags, 0)
	if failed != 0 {
		return -1, failed
	}
	if err := syscall.Ftruncate(int(fd), size); err != nil {
		syscall.Close(int(fd))
		return -1, err
	}
	if _, _, failed := syscall.Syscall(syscall.SYS_FCNTL, fd, addSeals, seals); failed != 0 {
		syscall.Close(int(fd))
		return -1, failed
	}
	return int(fd), nil
}

// acceptMemory maps what another process made. It refuses memory that can become shorter: whoever has
// it mapped dies of that.
func acceptMemory(fd int, most int64) (*mapping, error) {
	seals, _, failed := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), getSeals, 0)
	if failed != 0 {
		return nil, failed
	}
	// Each huge page can be taken away, whatever the length, and another one is not always to be had.
	var kind syscall.Statfs_t
	if err := syscall.Fstatfs(fd, &kind); err != nil {
		return nil, err
	}
	if seals&sealShrink == 0 || uint32(kind.Type) == ofHugePages {
		return nil, errTakenAway
	}
	// Its size is looked at after its seals, so it is final at its least.
	var stat syscall.Stat_t
	if err := syscall.Fstat(fd, &stat); err != nil {
		return nil, err
	}
	if stat.Size == 0 || stat.Size > most || stat.Size%256 != 0 {
		return nil, errors.New("ring: the shared memory is empty, odd or too large")
	}
	return mapMemory(fd, stat.Size)
}
