//! A request as bytes, for a peer that can't see our memory. Go reads them in `go/costs.go`.

use crate::Request;

/// Writes a request behind what is there: each list after its length, numbers in little endian.
pub(super) fn serialise(request: &Request, to: &mut Vec<u8>) {
    length(request.users.len(), to);
    for user in &request.users {
        list(user.name.as_bytes(), to);
        to.push(user.age);
    }
    list(&request.limits, to);
}

fn list(bytes: &[u8], to: &mut Vec<u8>) {
    length(bytes.len(), to);
    to.extend_from_slice(bytes);
}

/// As many bytes as a length takes.
pub(super) fn length(length: usize, to: &mut Vec<u8>) {
    let length = u32::try_from(length).expect("a request has less than 4 GB");
    to.extend_from_slice(&length.to_le_bytes());
}
