//! The log of the process, on standard error, so that standard output holds results only.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, IsTerminal};
use std::panic;
use std::thread;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::log_queue::LogQueue;
use crate::log_writer::LogWriter;

/// Everything that the process writes to standard error.
///
/// Writing to it neither blocks nor fails: a thread of its own does the work, and lines that cannot be written, or have
/// no room to wait, are dropped and counted. When this is dropped, the last lines get their time: see
/// [`LogQueue::finish`].
#[derive(Debug)]
pub struct Log {
    queue: LogQueue,
}

impl Log {
    /// Starts the thread, and sends the events of the process and its panics to it.
    ///
    /// # Errors
    ///
    /// Fails when no thread can be started.
    pub fn start() -> io::Result<Self> {
        let queue = LogQueue::default();
        let writer = LogWriter::new(io::stderr());
        let waiting = queue.clone();
        thread::Builder::new().name("log".to_owned()).spawn(move || writer.run(&waiting))?;
        let log = Self { queue };
        log.receive_events();
        panic::set_hook(Box::new(log_panic));
        Ok(log)
    }

    fn receive_events(&self) {
        let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).from_env_lossy();
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(self.queue.clone())
            .with_ansi(io::stderr().is_terminal())
            // It would write them to standard error by itself, and panic when it cannot.
            .log_internal_errors(false)
            .init();
    }

    /// Writes lines of text as they are, as errors.
    pub fn print(&self, text: &str) {
        self.queue.push_error(format!("{text}\n").as_bytes());
    }

    /// What the lines go through.
    pub fn queue(&self) -> &LogQueue {
        &self.queue
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.queue.finish();
    }
}

/// Rust's own hook writes to standard error, on the thread that panics, and would block it.
fn log_panic(panic: &panic::PanicHookInfo<'_>) {
    let backtrace = Backtrace::capture();
    match backtrace.status() {
        BacktraceStatus::Captured => tracing::error!("{panic}\n{backtrace}"),
        _ => tracing::error!("{panic}"),
    }
}
