//! Memory that two processes share.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr::{self, NonNull};

use super::descriptors::checked;

/// A file in memory, mapped into this process.
pub(super) struct Mapping {
    start: NonNull<u8>,
    length: usize,
}

/// What its size can't be changed by: whoever has a shorter file under its mapping dies of it.
const SEALS: libc::c_int = libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_SEAL;

impl Mapping {
    /// New memory, all zero, that can never become shorter; and the file, for the other process.
    pub(super) fn new(length: usize) -> io::Result<(Mapping, OwnedFd)> {
        const NAME: &CStr = c"foreign_call ring";
        let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
        // SAFETY: the name ends with a zero.
        let fd = checked(unsafe { libc::memfd_create(NAME.as_ptr(), flags) })?;
        // SAFETY: it is open, and nobody else knows of it.
        let file = unsafe { OwnedFd::from_raw_fd(fd) };
        let size = length.try_into().map_err(|_| io::ErrorKind::FileTooLarge)?;
        // SAFETY: it takes numbers.
        checked(unsafe { libc::ftruncate(file.as_raw_fd(), size) })?;
        // SAFETY: it takes numbers.
        checked(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, SEALS) })?;
        Ok((Mapping::map(&file, length)?, file))
    }

    /// Memory that another process made. It is refused if it can still become shorter, or is longer
    /// than `longest`.
    pub(super) fn attach(file: &OwnedFd, longest: usize) -> io::Result<Mapping> {
        // SAFETY: it takes numbers. A file that can't be sealed is an error.
        let seals = checked(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GET_SEALS) })?;
        // Each huge page can be taken away, whatever the length, and another one is not always to be
        // had.
        // SAFETY: zeros are a `statfs`.
        let mut kind = unsafe { std::mem::zeroed::<libc::statfs>() };
        // SAFETY: the `statfs` is written to.
        checked(unsafe { libc::fstatfs(file.as_raw_fd(), &raw mut kind) })?;
        // Each C library has another type for it; it has 32 bits.
        let of_huge_pages = kind.f_type as u32 == libc::HUGETLBFS_MAGIC as u32;
        if seals & libc::F_SEAL_SHRINK == 0 || of_huge_pages {
            return Err(io::Error::other("the shared memory can be taken away"));
        }
        // Its size is looked at after its seals, so it is final at its least.
        // SAFETY: zeros are a `stat`.
        let mut about = unsafe { std::mem::zeroed::<libc::stat>() };
        // SAFETY: the `stat` is written to.
        checked(unsafe { libc::fstat(file.as_raw_fd(), &raw mut about) })?;
        match usize::try_from(about.st_size) {
            Ok(length) if length > 0 && length <= longest => Mapping::map(file, length),
            _ => Err(io::Error::other("the shared memory is empty or too large")),
        }
    }

    fn map(file: &OwnedFd, length: usize) -> io::Result<Mapping> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let fd = file.as_raw_fd();
        // SAFETY: a new mapping, wherever there is room, takes no memory from anybody.
        let start = unsafe { libc::mmap(ptr::null_mut(), length, access, libc::MAP_SHARED, fd, 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast()).expect("nobody asked for address 0");
        Ok(Mapping { start, length })
    }

    /// Begins at a page, and stays until this is dropped.
    pub(super) fn start(&self) -> NonNull<u8> {
        self.start
    }

    pub(super) fn length(&self) -> usize {
        self.length
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: we mapped it, and who drops it uses it no more.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.length) };
    }
}
