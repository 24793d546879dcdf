//! The limits of a server.

use std::time::Duration;

/// The limits of one request, and of all requests together.
///
/// # Memory
///
/// A server uses at most `concurrent_requests` times `memory` for the memories of instances and the resources that the
/// host holds for them, and `connections` times `body` and `response_ahead` for the bodies of requests and responses on
/// their way. While a request reads or writes many sessions at once, copies of them can take up to twice its `memory` in
/// addition. Up to 4 MiB of each memory stay resident for later requests, where the system can tell which pages were
/// written (Linux 6.7 and later).
///
/// # Under load
///
/// A request that finds no free slot waits for one: at most `waiting` requests at a time, and none for longer than
/// `waiting_time`. All others get 503 at once, with `Retry-After: 1`. While requests have been waiting without a pause
/// for longer than `waiting_time`, the server is overloaded rather than busy for a moment, and they wait for a tenth of it
/// at most: a longer queue would only make every request slower. So a server that gets more requests than it can
/// serve goes on serving as many as it can, each of them with the whole `request_time`, and refuses the rest.
///
/// The same holds for connections: with `connections` open, those without a request are closed to make room. If that
/// does not suffice, a new connection waits, within the same two limits, and then gets 503; with TLS it is closed without
/// a response, because a handshake costs more than most requests. The open requests of HTTP/2 are limited as connections
/// are: together, all connections can have `connections` of them, and further ones wait within the same limits.
///
/// Choose `waiting_time` as long as a client would wait for the server to begin. The server recovers from an overload
/// within it.
///
/// # Slow clients
///
/// A body has to arrive within `request_time`. The client has to take the response, but in pieces: it is disconnected
/// when it takes less than 64 KiB in `send_time` while there is more to take. (HTTP/2: 16 KiB of each response, whose
/// stream is reset.) In total a response may take any time.
///
/// An instance ends when its response has at most `response_ahead` bytes that the client has not read. A larger response
/// holds its instance until the client has read the rest, up to `request_time`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The time for each step of a request: receiving its body, and running to the end of its response. It limits each
    /// step rather than their sum, so that a run always has the whole time. 30 seconds by default.
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
    /// The number of requests that run at the same time, each in a slot. At least 1; 128 by default. Each
    /// reserves about 20 GiB of address space (not memory).
    pub concurrent_requests: u32,
    /// The number of outgoing HTTP requests that one request may have at the same time; another one fails with
    /// `connection-limit-reached`. One counts until both its body and that of its response have ended or are dropped, and
    /// counts as 512 KiB of `memory`. 16 by default.
    pub outgoing_requests: u32,
    /// The number of requests that wait for a slot at the same time, and of connections that wait to be served; others
    /// get 503. 1024 by default; with 0, none wait.
    pub waiting: u32,
    /// How long one of them waits before it gets 503; a tenth of that in an overload. 1 second by default.
    pub waiting_time: Duration,
    /// The number of connections that are served at the same time, and of the open requests on connections of HTTP/2. At
    /// least 1; 1024 by default. The process needs a file descriptor for each, and for each that waits.
    pub connections: u32,
    /// The time in which a client must complete the TLS handshake, and then send the head of a request, and after which a
    /// connection without a request is closed. 15 seconds by default.
    pub header_time: Duration,
    /// The time in which a client must take more of its response. 15 seconds by default.
    pub send_time: Duration,
    /// The most bytes of a response that the server takes from the application before the client has read them. 1 MiB by
    /// default.
    pub response_ahead: usize,
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
            waiting: 1024,
            waiting_time: Duration::from_secs(1),
            connections: 1024,
            header_time: Duration::from_secs(15),
            send_time: Duration::from_secs(15),
            response_ahead: 1 << 20,
            shutdown_time: Duration::from_secs(30),
        }
    }
}
