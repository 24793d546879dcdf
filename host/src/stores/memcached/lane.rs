//! One connection to a server, shared by all who have something to ask it.
//!
//! Requests go out one behind the other without waiting for answers, and the answers come in the same
//! order. While there is only one request, its caller writes it at once. When there are more, they
//! gather until everybody who is ready to run has had a turn, and leave in one write: the busier it is,
//! the fewer system calls there are for a request. Nobody ever waits for the network because of this.
//!
//! A task of its own reads, and writes what its callers could not. So a caller that is not polled for a
//! while holds up nobody else.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lovely_session_memcached::{Complaint, Epoch, NotUnderstood, Request};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};
use tokio::task::yield_now;
use tokio::time::Instant;

use super::failure::Failure;
use super::incoming::Incoming;
use super::pipeline::{Number, Pipeline, Settled};
use super::watch::{Place, Watch};

/// A connection that was quiet for longer is looked at before it is used again: the server may have
/// closed it, and to write on it would leave an unknown outcome for nothing.
const QUIET: Duration = Duration::from_millis(1);

/// One connection.
pub(super) struct Lane {
    stream: TcpStream,
    epoch: Epoch,
    /// When it was made, and how long the server's process had been running then.
    made: (Instant, u64),
    traffic: Mutex<Traffic>,
    /// There is something to do for the task: to write, or to end.
    work: Notify,
    /// Who wants to know when something came.
    watch: Arc<Watch>,
}

struct Traffic {
    pipeline: Pipeline,
    /// The task is about to write.
    is_write_due: bool,
    /// The system took less than there is to write.
    is_blocked: bool,
    /// Several requests were answered at the last moment that any was.
    is_busy: bool,
    last_answer: Instant,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    Open,
    /// Too slow: those who wait may still get their answers, and nobody else uses it.
    Retired,
    Closed(Failure),
}

impl Lane {
    /// Puts a connection to work.
    pub(super) fn open(
        stream: TcpStream,
        epoch: Epoch,
        uptime: u64,
        incoming: Incoming,
        watch: Arc<Watch>,
    ) -> Arc<Self> {
        let now = Instant::now();
        let traffic = Traffic {
            pipeline: Pipeline::default(),
            is_write_due: false,
            is_blocked: false,
            is_busy: false,
            last_answer: now,
            state: State::Open,
        };
        let (made, traffic) = ((now, uptime), Mutex::new(traffic));
        let lane = Arc::new(Self { stream, epoch, made, traffic, work: Notify::new(), watch });
        tokio::spawn(Attendant { lane: Arc::clone(&lane), incoming }.attend());
        lane
    }

    /// The process at the other end.
    pub(super) fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// How long the server's process had surely been running when it answered last, in seconds.
    pub(super) fn uptime_at_last_answer(&self) -> u64 {
        let (made, uptime) = self.made;
        uptime.saturating_add(self.traffic().last_answer.duration_since(made).as_secs())
    }

    /// How much there is to do on it, in commands; `None` when it must not be used any more.
    pub(super) fn load(&self) -> Option<usize> {
        let mut traffic = self.traffic();
        if traffic.pipeline.is_empty() && traffic.last_answer.elapsed() > QUIET && self.is_gone() {
            traffic.close(Failure::Broken(io::ErrorKind::UnexpectedEof));
            self.work.notify_one();
        }
        matches!(traffic.state, State::Open).then(|| traffic.pipeline.load())
    }

    /// Whether the server has closed it, or has sent what nobody asked for.
    fn is_gone(&self) -> bool {
        let mut byte = [std::mem::MaybeUninit::uninit()];
        let peeked = socket2::SockRef::from(&self.stream).peek(&mut byte);
        !peeked.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Sends a request, and waits at a place for its answers until the deadline; no longer than there is room if it
    /// `may_leave`.
    ///
    /// When this is dropped, the request may be done or not.
    pub(super) async fn exchange(
        &self,
        place: &Place<'_>,
        request: Request,
        deadline: Instant,
        may_leave: bool,
    ) -> Settled {
        let mut waiting = match self.submit(request) {
            Ok(waiting) => waiting,
            Err(failure) => return Settled::unsent(failure),
        };
        match place.wait(&mut waiting.settled, Some(deadline), may_leave).await {
            // The sender is never dropped without a word; if it were, the request might have been done.
            Ok(settled) => {
                settled.unwrap_or_else(|_| Settled::unanswered(Vec::new(), Failure::NotUnderstood))
            }
            Err(Failure::TimedOut) => self.give_up(waiting),
            // Others go on waiting on this connection.
            Err(failure) => Settled::unanswered(Vec::new(), failure),
        }
    }

    fn submit(&self, request: Request) -> Result<Waiting<'_>, Failure> {
        let mut traffic = self.traffic();
        if let State::Closed(failure) = &traffic.state {
            return Err(failure.clone());
        }
        let is_alone = traffic.pipeline.is_empty() && !traffic.is_busy;
        let (number, settled) = traffic.pipeline.push(request);
        if is_alone {
            self.write(&mut traffic);
        } else if !traffic.is_write_due {
            traffic.is_write_due = true;
            self.work.notify_one();
        }
        Ok(Waiting { lane: self, number, settled })
    }

    /// Hands over as much as the system takes.
    fn write(&self, traffic: &mut Traffic) {
        traffic.is_write_due = false;
        traffic.is_blocked = false;
        while traffic.pipeline.has_unsent() {
            match self.stream.try_write_vectored(&traffic.pipeline.unsent()) {
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

    /// The server took too long. It may be stuck, so the connection is for nobody else.
    fn give_up(&self, mut waiting: Waiting<'_>) -> Settled {
        let mut traffic = self.traffic();
        if let Some(settled) = traffic.pipeline.give_up(waiting.number) {
            traffic.retire();
            self.work.notify_one();
            return settled;
        }
        drop(traffic);
        // The answer came at this very moment.
        let late = |_| Settled::unanswered(Vec::new(), Failure::TimedOut);
        waiting.settled.try_recv().unwrap_or_else(late)
    }

    /// Takes what has arrived. Ends in an error with the connection.
    fn read(&self, incoming: &mut Incoming) -> Result<(), Failure> {
        match incoming.read(&self.stream) {
            Ok(0) => Err(Failure::Broken(io::ErrorKind::UnexpectedEof)),
            Ok(_) => {
                self.watch.heard();
                self.deliver(incoming).map_err(|NotUnderstood| Failure::NotUnderstood)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(Failure::Broken(error.kind())),
        }
    }

    fn deliver(&self, incoming: &mut Incoming) -> Result<(), NotUnderstood> {
        let mut traffic = self.traffic();
        let mut completed = 0;
        while let Some(answer) = incoming.next()? {
            let is_rejected = matches!(answer, Err(Complaint::Rejected(_)));
            completed += usize::from(traffic.pipeline.deliver(answer)?);
            if is_rejected {
                // The server may not know any more where the next command begins.
                return Err(NotUnderstood);
            }
        }
        if completed > 0 {
            traffic.is_busy = completed > 1;
            traffic.last_answer = Instant::now();
        }
        Ok(())
    }

    /// Ends it, and every request on it.
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
        self.pipeline.break_off(&failure);
        if !matches!(self.state, State::Closed(_)) {
            self.state = State::Closed(failure);
        }
    }
}

/// A request whose answers are awaited.
struct Waiting<'a> {
    lane: &'a Lane,
    number: Number,
    settled: oneshot::Receiver<Settled>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut traffic = self.lane.traffic();
        traffic.pipeline.give_up(self.number);
        if matches!(traffic.state, State::Retired) && !traffic.pipeline.is_awaited() {
            traffic.close(Failure::TimedOut);
            self.lane.work.notify_one();
        }
    }
}

/// What the task of a connection has.
struct Attendant {
    lane: Arc<Lane>,
    incoming: Incoming,
}

impl Attendant {
    async fn attend(mut self) {
        while !self.lane.is_closed() {
            if let Err(failure) = self.step().await {
                self.lane.close(failure);
            }
        }
    }

    async fn step(&mut self) -> Result<(), Failure> {
        let lane = &self.lane;
        let is_blocked = lane.traffic().is_blocked;
        tokio::select! {
            () = lane.work.notified() => {
                if lane.traffic().is_write_due {
                    // Whoever is ready to run gets a turn first, and may have something to add.
                    yield_now().await;
                    lane.write(&mut lane.traffic());
                }
                Ok(())
            }
            _ = lane.stream.readable() => lane.read(&mut self.incoming),
            _ = lane.stream.writable(), if is_blocked => {
                lane.write(&mut lane.traffic());
                Ok(())
            }
        }
    }
}

impl Drop for Attendant {
    /// Without its task, which ends with its runtime, nothing comes from a connection any more.
    fn drop(&mut self) {
        self.lane.close(Failure::Broken(io::ErrorKind::ConnectionAborted));
    }
}
