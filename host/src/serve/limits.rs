//! What requests may use.

use std::time::Duration;

/// What one request, and all of them together, may use.
///
/// A server uses at most `concurrent_requests` times `memory` for the
/// applications' memories and what they make the host hold, and `connections` times `body` for request bodies
/// on their way in. While a request reads or writes many sessions at once, copies of them can take as much again,
/// twice. Of what the memories were, up to 4 MiB each stays with the process for later
/// requests, where the system can tell which pages were written (Linux from 6.7 on).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How long each step of a request may take: receiving its body, waiting
    /// for a free place, and running to the end of its answer. It guards each of
    /// them rather than their sum, so that no run begins that cannot end in time.
    pub request_time: Duration,
    /// The most bytes that one request may use, up to 4 GiB: all the linear memories of its instances, and what
    /// it makes the host hold for it, such as headers and bodies that it has not sent. The session component's
    /// memory is one of them (about 1 MiB, and what the sessions need).
    ///
    /// One call of the application may hand over half as many bytes, and read as many from the store. For each
    /// 4 KiB it may have a handle, and always 1024.
    pub memory: usize,
    /// The most bytes that a request's body may have.
    pub body: usize,
    /// How many requests run at the same time; others wait. At
    /// least 1. Each reserves address space (not memory) of about 20 GiB.
    pub concurrent_requests: u32,
    /// How many connections are served at the same time; others wait to be
    /// accepted. At least 1.
    pub connections: u32,
    /// How long a client may take to send the head of a request, and how long
    /// a connection without a request is kept.
    pub header_time: Duration,
    /// How long a server that is stopping waits for the requests that run.
    pub shutdown_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_time: Duration::from_secs(30),
            memory: 64 << 20,
            body: 1 << 20,
            concurrent_requests: 128,
            connections: 1024,
            header_time: Duration::from_secs(15),
            shutdown_time: Duration::from_secs(30),
        }
    }
}
