//! The limits of a server.

use std::time::Duration;

/// The limits of one request, and of all requests together.
///
/// A server uses at most `concurrent_requests` times `memory` for the memories of instances and the resources that the
/// host holds for them, and `connections` times `body` for request bodies that are being received. While a request
/// reads or writes many sessions at once, copies of them can take up to twice its `memory` in addition. Up to 4 MiB of
/// each memory stay resident for later requests, where the system can tell which pages were written (Linux 6.7 and
/// later).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The time for each step of a request: receiving its body, waiting for a free slot, and running to the end of its
    /// response. It limits each step rather than their sum, so that a run always has the whole time. 30 seconds by
    /// default.
    pub request_time: Duration,
    /// The most bytes that one request may use, up to 4 GiB: all linear memories of its instances, and the resources
    /// that the host holds for it, such as headers and bodies that are not sent yet. The session component's memory is
    /// one of them (about 1 MiB, and what the sessions need). 64 MiB by default.
    ///
    /// The parameters of one call of the application, and the entries that one call reads from the store, may have half
    /// as many bytes. The request may have one handle for each 4 KiB, and at least 1024 handles.
    pub memory: usize,
    /// The most bytes that the body of a request may have. 1 MiB by default.
    pub body: usize,
    /// The number of requests that run at the same time; others wait for a slot. At least 1; 128 by default. Each
    /// reserves about 20 GiB of address space (not memory).
    pub concurrent_requests: u32,
    /// The number of outgoing HTTP requests that one request may have at the same time; another one fails with
    /// `connection-limit-reached`. One counts until both its body and that of its response have ended or are dropped, and
    /// counts as 512 KiB of `memory`. 16 by default.
    pub outgoing_requests: u32,
    /// The number of connections that are served at the same time; others wait to be accepted. At least 1; 1024 by
    /// default.
    pub connections: u32,
    /// The time in which a client must send the head of a request, and after which a connection without a request is
    /// closed. 15 seconds by default.
    pub header_time: Duration,
    /// How long a server that stops waits for its running requests. 30 seconds by default.
    pub shutdown_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_time: Duration::from_secs(30),
            memory: 64 << 20,
            body: 1 << 20,
            concurrent_requests: 128,
            outgoing_requests: 16,
            connections: 1024,
            header_time: Duration::from_secs(15),
            shutdown_time: Duration::from_secs(30),
        }
    }
}
