//! One connection to a server, shared by concurrent calls.
//!
//! Requests are sent one behind the other without waiting for replies, and the replies come in the same order. A request
//! that is alone is written at once, by its caller. Further requests are gathered until every task that is ready to run
//! has run, and are written together: the busier the connection is, the fewer system calls a request takes. Nothing
//! waits for the network because of this.
//!
//! A task of the connection reads, and writes what the callers could not. So a caller that is not polled for a while
//! does not hold up the others.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::BufMut as _;
use lovely_session_memcached::{
    Epoch, Failure, Interruption, InvalidReply, ReplyBuffer, Request, is_rejection,
};
use tokio::sync::{Notify, oneshot};
use tokio::task::yield_now;
use tokio::time::Instant;

use super::pipeline::{Completion, Pipeline, RequestId};
use super::stream::{Reader, Stream, Writer};
use super::watch::{Slot, Watch};

/// A connection that was idle for longer is checked before it is used again: the server may have closed it, and a write
/// on it would have an unknown outcome for nothing.
const IDLE: Duration = Duration::from_millis(1);

/// One connection.
pub(super) struct Connection {
    writer: Writer,
    epoch: Epoch,
    /// When it was made, and how long the server's process had been running then.
    made: (Instant, u64),
    traffic: Mutex<Traffic>,
    /// Wakes the task: to write, or to end.
    work: Notify,
    watch: Arc<Watch>,
}

struct Traffic {
    pipeline: Pipeline,
    /// The task is about to write.
    is_write_due: bool,
    /// The system took less than there is to write.
    is_blocked: bool,
    /// The last bytes that came completed several requests.
    is_busy: bool,
    last_reply: Instant,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    Open,
    /// Too slow: requests that were sent may still get their replies, and no others are sent.
    Retired,
    Closed(Failure),
}

impl Connection {
    /// Starts the task of a connection whose handshake is done.
    pub(super) fn open(
        stream: Stream,
        epoch: Epoch,
        uptime: u64,
        received: ReplyBuffer,
        watch: Arc<Watch>,
    ) -> Arc<Self> {
        let now = Instant::now();
        let traffic = Traffic {
            pipeline: Pipeline::default(),
            is_write_due: false,
            is_blocked: false,
            is_busy: false,
            last_reply: now,
            state: State::Open,
        };
        let (made, traffic) = ((now, uptime), Mutex::new(traffic));
        let (reader, writer) = stream.into_split();
        let connection = Arc::new(Self { writer, epoch, made, traffic, work: Notify::new(), watch });
        tokio::spawn(Driver { connection: Arc::clone(&connection), reader, received }.run());
        connection
    }

    /// The epoch of the process at the other end.
    pub(super) fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// How many seconds the server's process had been running, at least, when its last reply came.
    pub(super) fn uptime_at_last_reply(&self) -> u64 {
        let (made, uptime) = self.made;
        uptime.saturating_add(self.traffic().last_reply.duration_since(made).as_secs())
    }

    /// How much waits on it, in commands; `None` when it must not be used any more.
    pub(super) fn load(&self) -> Option<usize> {
        let mut traffic = self.traffic();
        if traffic.pipeline.is_empty() && traffic.last_reply.elapsed() > IDLE && self.writer.has_come() {
            traffic.close(Failure::Broken(io::ErrorKind::UnexpectedEof));
            self.work.notify_one();
        }
        matches!(traffic.state, State::Open).then(|| traffic.pipeline.load())
    }

    /// Whether it is open, judged by what was read from it.
    pub(super) fn is_open(&self) -> bool {
        !self.is_closed()
    }

    /// Sends a request, and waits in a slot for its replies until the deadline; if it `may_leave`, no longer than there
    /// are slots.
    ///
    /// When this is dropped, the request may be done or not.
    pub(super) async fn exchange(
        &self,
        slot: &Slot<'_>,
        request: Request,
        deadline: Instant,
        may_leave: bool,
    ) -> Completion {
        let mut waiting = match self.submit(request) {
            Ok(waiting) => waiting,
            Err(failure) => return Completion::interrupted(Vec::new(), Interruption::Unsent(failure)),
        };
        let no_reply = |failure| Completion::interrupted(Vec::new(), Interruption::NoReply(failure));
        match slot.wait(&mut waiting.completion, Some(deadline), may_leave).await {
            // The sender is never dropped without a message; if it were, the request might have been done.
            Ok(completion) => completion.unwrap_or_else(|_| no_reply(Failure::InvalidReply)),
            Err(Failure::TimedOut) => self.give_up(waiting),
            // Others go on waiting on this connection.
            Err(failure) => no_reply(failure),
        }
    }

    fn submit(&self, request: Request) -> Result<Waiting<'_>, Failure> {
        let mut traffic = self.traffic();
        if let State::Closed(failure) = &traffic.state {
            return Err(failure.clone());
        }
        let is_alone = traffic.pipeline.is_empty() && !traffic.is_busy;
        let (id, completion) = traffic.pipeline.push(request);
        if is_alone {
            self.write(&mut traffic);
        } else if !traffic.is_write_due {
            traffic.is_write_due = true;
            self.work.notify_one();
        }
        Ok(Waiting { connection: self, id, completion })
    }

    /// Writes as much as the system takes.
    fn write(&self, traffic: &mut Traffic) {
        traffic.is_write_due = false;
        traffic.is_blocked = false;
        while traffic.pipeline.has_unsent() || self.writer.has_buffered() {
            match self.writer.try_write_vectored(&traffic.pipeline.unsent()) {
                Ok(bytes) => traffic.pipeline.advance(bytes),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    traffic.is_blocked = true;
                    return self.work.notify_one();
                }
                Err(error) => {
                    traffic.close(Failure::Broken(error.kind()));
                    return self.work.notify_one();
                }
            }
        }
    }

    /// Ends a request whose deadline has passed. The server may be stuck, so nothing else is sent on the connection.
    fn give_up(&self, mut waiting: Waiting<'_>) -> Completion {
        let mut traffic = self.traffic();
        if let Some(completion) = traffic.pipeline.give_up(waiting.id) {
            traffic.retire();
            self.work.notify_one();
            return completion;
        }
        drop(traffic);
        // The replies came at this very moment.
        let late = |_| Completion::interrupted(Vec::new(), Interruption::NoReply(Failure::TimedOut));
        waiting.completion.try_recv().unwrap_or_else(late)
    }

    /// Takes what was read from the connection. Fails at its end.
    fn received(&self, read: io::Result<usize>, received: &mut ReplyBuffer) -> Result<(), Failure> {
        match read {
            Ok(0) => Err(Failure::Broken(io::ErrorKind::UnexpectedEof)),
            Ok(bytes) => {
                self.watch.heard();
                self.watch.counters().received(bytes);
                Ok(self.deliver(received)?)
            }
            Err(error) => Err(Failure::Broken(error.kind())),
        }
    }

    fn deliver(&self, received: &mut ReplyBuffer) -> Result<(), InvalidReply> {
        let mut traffic = self.traffic();
        let mut completed = 0;
        while let Some(reply) = received.next_reply()? {
            let is_rejection = is_rejection(&reply);
            completed += usize::from(traffic.pipeline.deliver(reply)?);
            if is_rejection {
                return Err(InvalidReply);
            }
        }
        if completed > 0 {
            traffic.is_busy = completed > 1;
            traffic.last_reply = Instant::now();
        }
        Ok(())
    }

    /// Closes it, and interrupts every request on it.
    pub(super) fn close(&self, failure: Failure) {
        self.traffic().close(failure);
        self.work.notify_one();
    }

    fn is_closed(&self) -> bool {
        matches!(self.traffic().state, State::Closed(_))
    }

    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Traffic {
    fn retire(&mut self) {
        if matches!(self.state, State::Open) {
            self.state = State::Retired;
        }
        if !self.pipeline.is_awaited() {
            self.close(Failure::TimedOut);
        }
    }

    fn close(&mut self, failure: Failure) {
        self.pipeline.interrupt(&failure);
        if !matches!(self.state, State::Closed(_)) {
            self.state = State::Closed(failure);
        }
    }
}

/// A request whose replies are awaited.
struct Waiting<'a> {
    connection: &'a Connection,
    id: RequestId,
    completion: oneshot::Receiver<Completion>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut traffic = self.connection.traffic();
        traffic.pipeline.give_up(self.id);
        if matches!(traffic.state, State::Retired) && !traffic.pipeline.is_awaited() {
            traffic.close(Failure::TimedOut);
            self.connection.work.notify_one();
        }
    }
}

/// The task of a connection.
struct Driver {
    connection: Arc<Connection>,
    reader: Reader,
    received: ReplyBuffer,
}

impl Driver {
    async fn run(mut self) {
        while !self.connection.is_closed() {
            if let Err(failure) = self.step().await {
                self.connection.close(failure);
            }
        }
    }

    async fn step(&mut self) -> Result<(), Failure> {
        let connection = &self.connection;
        let is_blocked = connection.traffic().is_blocked;
        let (space, limit) = self.received.space();
        let mut space = space.limit(limit);
        tokio::select! {
            () = connection.work.notified() => {
                if connection.traffic().is_write_due {
                    // Tasks that are ready to run come first, and may have something to add.
                    yield_now().await;
                    connection.write(&mut connection.traffic());
                }
                Ok(())
            }
            // Nothing is lost when another branch is taken.
            read = self.reader.read(&mut space) => connection.received(read, &mut self.received),
            _ = connection.writer.writable(), if is_blocked => {
                connection.write(&mut connection.traffic());
                Ok(())
            }
        }
    }
}

impl Drop for Driver {
    /// The task ends with its runtime. Nothing is read from the connection then.
    fn drop(&mut self) {
        self.connection.close(Failure::Broken(io::ErrorKind::ConnectionAborted));
    }
}
