//! The third way: bytes through a Unix socket.

use std::io::{self, Read, Write};
use std::os::fd::IntoRawFd;
use std::os::unix::net::UnixStream;

use super::serialise::{length, serialise};
use crate::{Request, ffi};

/// A connection with Go. It could as well be in another process, or somebody else's.
#[derive(Debug)]
pub struct Socket {
    stream: UnixStream,
    message: Vec<u8>,
}

impl Socket {
    /// Connects.
    ///
    /// # Errors
    ///
    /// Where the system gives no sockets.
    pub fn new() -> io::Result<Socket> {
        let (stream, theirs) = UnixStream::pair()?;
        // So Go waits for it as it does for any connection, without a thread that sleeps.
        theirs.set_nonblocking(true)?;
        let theirs = theirs.into_raw_fd() as usize;
        // SAFETY: an open socket that nobody else has, and Go closes it.
        unsafe { ffi::bridge_with_go_serve(theirs) };
        Ok(Socket { stream, message: Vec::new() })
    }

    /// All ages together, as Go adds them.
    ///
    /// # Errors
    ///
    /// Where Go has closed its end.
    pub fn sum_of_ages(&mut self, request: &Request) -> io::Result<u32> {
        self.message.clear();
        length(0, &mut self.message); // the place of the length
        serialise(request, &mut self.message);
        let length = self.message.len() - 4;
        self.message[..4].copy_from_slice(&(length as u32).to_le_bytes());
        self.stream.write_all(&self.message)?;
        let mut answer = [0; 4];
        self.stream.read_exact(&mut answer)?;
        Ok(u32::from_le_bytes(answer))
    }
}
