//! Lines of the log that wait to be written.

use std::io;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How many bytes wait at most. Some thousand lines: a second of a busy server.
const ROOM: usize = 1 << 20;

/// What is kept free beyond that for errors: an application that prints too much must not hide why it failed.
const ROOM_FOR_ERRORS: usize = 64 << 10;

/// How long the end of the process waits for the last lines to be written.
const LAST_WRITE: Duration = Duration::from_millis(500);

/// Takes lines from any thread, for the one that writes them. Clones share the lines.
///
/// No thread that adds lines ever waits for the writing of others.
#[derive(Debug, Clone, Default)]
pub struct LogQueue {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Notified when there is something to write.
    filled: Condvar,
    /// Notified when everything that was taken has been written.
    written: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: Batch,
    is_writing: bool,
}

/// Lines to write.
#[derive(Debug, Default)]
pub struct Batch {
    /// The lines, each with its end.
    pub text: Vec<u8>,
    /// How many lines had no room among and behind these.
    pub lost: usize,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.text.is_empty() && self.lost == 0
    }
}

impl LogQueue {
    /// Adds whole lines; counts them as lost if there is no room for them.
    pub fn push(&self, lines: &[u8]) {
        // Once a line is lost, so are all until the next batch, so that the loss has one place in the log.
        self.push_if(lines, |waiting| waiting.lost == 0 && waiting.text.len() + lines.len() <= ROOM);
    }

    /// As [`LogQueue::push`], for lines that have room of their own.
    pub fn push_error(&self, lines: &[u8]) {
        self.push_if(lines, |waiting| waiting.text.len() + lines.len() <= ROOM + ROOM_FOR_ERRORS);
    }

    fn push_if(&self, lines: &[u8], has_room: impl FnOnce(&Batch) -> bool) {
        let mut state = self.lock();
        let waiting = &mut state.waiting;
        if has_room(waiting) {
            waiting.text.extend_from_slice(lines);
        } else {
            waiting.lost += count_lines(lines);
        }
        drop(state);
        self.shared.filled.notify_one();
    }

    /// Puts all lines that wait into `batch`, whose former lines are written by now. Waits while there are none.
    pub fn take(&self, batch: &mut Batch) {
        batch.text.clear();
        batch.lost = 0;
        let mut state = self.lock();
        state.is_writing = false;
        self.shared.written.notify_all();
        let filled = self.shared.filled.wait_while(state, |state| state.waiting.is_empty());
        let mut state = filled.unwrap_or_else(PoisonError::into_inner);
        mem::swap(&mut state.waiting, batch);
        state.is_writing = true;
    }

    /// Waits until every line is written, but no longer than half a second: the process ends also if nobody reads them.
    pub fn finish(&self) {
        let unwritten = |state: &mut State| state.is_writing || !state.waiting.is_empty();
        // Whether they were written makes no difference to a process that ends.
        let _written_or_late = self.shared.written.wait_timeout_while(self.lock(), LAST_WRITE, unwritten);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that is done under the lock can leave the state half changed.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> MakeWriter<'a> for LogQueue {
    type Writer = Lines<'a>;

    fn make_writer(&'a self) -> Lines<'a> {
        Lines { queue: self, are_errors: false }
    }

    fn make_writer_for(&'a self, event: &Metadata<'_>) -> Lines<'a> {
        Lines { queue: self, are_errors: *event.level() == Level::ERROR }
    }
}

/// Takes the lines of an event.
#[derive(Debug)]
pub struct Lines<'a> {
    queue: &'a LogQueue,
    are_errors: bool,
}

impl io::Write for Lines<'_> {
    /// Takes whole lines, and never fails.
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        if self.are_errors {
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

/// How many lines end in this text.
pub fn count_lines(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_room_when_other_lines_have_none() {
        let queue = LogQueue::default();
        let mut batch = Batch::default();
        queue.push(&vec![b'x'; ROOM]);
        queue.push(b"no room\n");
        queue.push_error(b"an error\n");
        queue.push_error(&vec![b'x'; ROOM_FOR_ERRORS]);
        queue.push_error(b"another\n");
        queue.take(&mut batch);
        assert_eq!((batch.text.len(), batch.lost), (ROOM + "an error\nanother\n".len(), 1));
        assert!(batch.text.ends_with(b"an error\nanother\n"));
    }

    #[test]
    fn lines_without_room_are_counted_until_the_next_batch() {
        let queue = LogQueue::default();
        let mut batch = Batch::default();
        queue.push(&vec![b'x'; ROOM - 1]);
        queue.push(b"no\nroom\n");
        queue.push(b"\n");
        queue.take(&mut batch);
        assert_eq!((batch.text.len(), batch.lost), (ROOM - 1, 3));
        queue.push(b"room\n");
        queue.take(&mut batch);
        assert_eq!((batch.text.as_slice(), batch.lost), (b"room\n".as_slice(), 0));
    }
}
