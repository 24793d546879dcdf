//! What requests may use.

use std::time::Duration;

/// What one request, and all of them together, may use.
///
/// A server uses at most `concurrent_requests` times `memory` for the
/// applications' memories, and `connections` times `body` for request bodies
/// on their way in. Of what the memories were, up to 4 MiB each stays with the process for later
/// requests, where the system can tell which pages were written (Linux from 6.7 on).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How long each step of a request may take: receiving its body, waiting
    /// for a free place, and running to the end of its answer. It guards each of
    /// them rather than their sum, so that no run begins that cannot end in time.
    pub request_time: Duration,
    /// The most bytes that all the linear memories of one request's instances
    /// may have together, up to 4 GiB. The session component's is one of them
    /// (about 1 MiB, and what the sessions need).
    pub memory: usize,
    /// The most bytes that a request's body may have.
    pub body: usize,
    /// How many requests run at the same time; others wait. At
    /// least 1. Each reserves address space (not memory) of about 16 GiB.
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
