//! Lines of the log that are not written yet.

use std::io;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// The capacity of the queue in bytes: some thousand lines, a second of a busy server.
const CAPACITY: usize = 1 << 20;

/// Additional capacity for errors: an application that prints too much must not hide why it failed.
const ERROR_CAPACITY: usize = 64 << 10;

/// How long the end of the process waits until the last lines are written.
const LAST_WRITE: Duration = Duration::from_millis(500);

/// The shortest time between two batches. A batch costs two switches between threads and a system call, as much as the
/// work of a short request.
const PAUSE: Duration = Duration::from_millis(10);

/// The writer does not wait longer when this many bytes are pending.
const PRESSING: usize = CAPACITY / 2;

/// Collects lines from all threads, for the thread that writes them. Clones share the lines.
///
/// Adding lines never waits for the writer. A line reaches the writer at once if there was none for a while, together
/// with those of the next milliseconds if there was, and in any case at once if it is an error.
#[derive(Debug, Clone, Default)]
pub struct LogQueue {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Notified when the writer must not wait longer.
    due: Condvar,
    /// Notified when the writer has finished a batch.
    written: Condvar,
}

#[derive(Debug, Default)]
struct State {
    pending: Batch,
    /// The pending lines must not wait for further ones.
    is_pressing: bool,
    writer: Writer,
}

/// What the writer does.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Writer {
    /// It waits for a line.
    #[default]
    Idle,
    /// It lets lines gather.
    Pausing,
    /// It writes, or was notified and is about to.
    Busy,
}

/// Lines to write.
#[derive(Debug, Default)]
pub struct Batch {
    /// The lines, each with its line break.
    pub text: Vec<u8>,
    /// The number of lines that were dropped from this batch.
    pub dropped: usize,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.text.is_empty() && self.dropped == 0
    }
}

impl State {
    /// Whether the writer has to be notified of lines that were added.
    fn wakes(&mut self, is_pressing: bool) -> bool {
        self.is_pressing |= is_pressing;
        let waits = match self.writer {
            Writer::Idle => true,
            Writer::Pausing => self.is_pressing,
            Writer::Busy => false,
        };
        if waits {
            self.writer = Writer::Busy;
        }
        waits
    }
}

impl LogQueue {
    /// Adds complete lines; counts them as dropped if the queue is full.
    pub fn push(&self, lines: &[u8]) {
        // After a dropped line, all lines of the batch are dropped, so that the gap is in one position of the log.
        self.push_if(lines, false, |pending| {
            pending.dropped == 0 && pending.text.len() + lines.len() <= CAPACITY
        });
    }

    /// As [`LogQueue::push`], for errors, which may also use the additional capacity.
    pub fn push_error(&self, lines: &[u8]) {
        self.push_if(lines, true, |pending| pending.text.len() + lines.len() <= CAPACITY + ERROR_CAPACITY);
    }

    fn push_if(&self, lines: &[u8], is_error: bool, fits: impl FnOnce(&Batch) -> bool) {
        let mut state = self.lock();
        let pending = &mut state.pending;
        if fits(pending) {
            pending.text.extend_from_slice(lines);
        } else {
            pending.dropped += count_lines(lines);
        }
        let is_pressing = is_error || pending.text.len() >= PRESSING;
        let wakes = state.wakes(is_pressing);
        drop(state);
        if wakes {
            self.shared.due.notify_one();
        }
    }

    /// Replaces `batch`, which the caller has written, by all lines of the queue. Blocks while the queue is empty, and
    /// lets lines gather for a moment after the batch before.
    pub fn take(&self, batch: &mut Batch) {
        batch.text.clear();
        batch.dropped = 0;
        let mut state = self.lock();
        state.writer = Writer::Pausing;
        self.shared.written.notify_all();
        let pausing = self.shared.due.wait_timeout_while(state, PAUSE, |state| !state.is_pressing);
        let (mut state, _) = pausing.unwrap_or_else(PoisonError::into_inner);
        state.writer = Writer::Idle;
        let filled = self.shared.due.wait_while(state, |state| state.pending.is_empty());
        let mut state = filled.unwrap_or_else(PoisonError::into_inner);
        mem::swap(&mut state.pending, batch);
        state.is_pressing = false;
        state.writer = Writer::Busy;
    }

    /// Blocks until all lines are written, for at most half a second: a full pipe must not keep the process alive.
    pub fn finish(&self) {
        let mut state = self.lock();
        if !state.pending.is_empty() && state.wakes(true) {
            self.shared.due.notify_one();
        }
        let unwritten = |state: &mut State| state.writer == Writer::Busy || !state.pending.is_empty();
        // There is nothing left to do about lines that were not written.
        let _written_or_late = self.shared.written.wait_timeout_while(state, LAST_WRITE, unwritten);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No panic under the lock can leave the state inconsistent.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> MakeWriter<'a> for LogQueue {
    type Writer = Lines<'a>;

    fn make_writer(&'a self) -> Lines<'a> {
        Lines { queue: self, is_error: false }
    }

    fn make_writer_for(&'a self, event: &Metadata<'_>) -> Lines<'a> {
        Lines { queue: self, is_error: *event.level() == Level::ERROR }
    }
}

/// Adds the lines of an event to the queue.
#[derive(Debug)]
pub struct Lines<'a> {
    queue: &'a LogQueue,
    is_error: bool,
}

impl io::Write for Lines<'_> {
    /// Adds complete lines; never fails.
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        if self.is_error {
            self.queue.push_error(lines);
        } else {
            self.queue.push(lines);
        }
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The number of line breaks in a text.
pub fn count_lines(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_fit_when_the_queue_is_full_for_other_lines() {
        let queue = LogQueue::default();
        let mut batch = Batch::default();
        queue.push(&vec![b'x'; CAPACITY]);
        queue.push(b"does not fit\n");
        queue.push_error(b"an error\n");
        queue.push_error(&vec![b'x'; ERROR_CAPACITY]);
        queue.push_error(b"another\n");
        queue.take(&mut batch);
        assert_eq!((batch.text.len(), batch.dropped), (CAPACITY + "an error\nanother\n".len(), 1));
        assert!(batch.text.ends_with(b"an error\nanother\n"));
    }

    #[test]
    fn dropped_lines_are_counted_until_the_next_batch() {
        let queue = LogQueue::default();
        let mut batch = Batch::default();
        queue.push(&vec![b'x'; CAPACITY - 1]);
        queue.push(b"too\nlong\n");
        queue.push(b"\n");
        queue.take(&mut batch);
        assert_eq!((batch.text.len(), batch.dropped), (CAPACITY - 1, 3));
        queue.push(b"fits\n");
        queue.take(&mut batch);
        assert_eq!((batch.text.as_slice(), batch.dropped), (b"fits\n".as_slice(), 0));
    }

    /// Whether a writer is notified of each of these lines, of which some are errors.
    fn notified(writer: Writer, are_errors: &[bool]) -> Vec<bool> {
        let mut state = State { writer, ..State::default() };
        are_errors.iter().map(|is_error| state.wakes(*is_error)).collect()
    }

    #[test]
    fn a_writer_without_work_is_notified_of_the_first_line_only() {
        assert_eq!(notified(Writer::Idle, &[false, false, true]), [true, false, false]);
    }

    #[test]
    fn a_writer_that_lets_lines_gather_is_notified_of_the_first_error_only() {
        assert_eq!(notified(Writer::Pausing, &[false, false, true, true]), [false, false, true, false]);
    }
}
