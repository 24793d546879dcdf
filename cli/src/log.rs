//! The log of the process, on standard error, so that standard output contains results only.

mod queue;
mod writer;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, IsTerminal};
use std::panic;
use std::thread;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

pub use self::queue::LogQueue;
use self::writer::LogWriter;

/// Everything that the process writes to standard error.
///
/// Logging neither blocks nor fails: a dedicated thread writes the lines; those that cannot be written or exceed the
/// queue are dropped and counted. Dropping this waits for the last lines: see [`LogQueue::finish`].
#[derive(Debug)]
pub struct Log {
    queue: LogQueue,
}

impl Log {
    /// Starts the thread, and logs the events and panics of the process from now on.
    ///
    /// # Errors
    ///
    /// Fails when the thread cannot be started.
    pub fn start() -> io::Result<Self> {
        let queue = LogQueue::default();
        let writer = LogWriter::new(io::stderr());
        let lines = queue.clone();
        thread::Builder::new().name("log".to_owned()).spawn(move || writer.run(&lines))?;
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
            // The subscriber writes these to standard error itself, and panics if that fails.
            .log_internal_errors(false)
            .init();
    }

    /// Writes lines as they are, with the priority of errors.
    pub fn print(&self, text: &str) {
        self.queue.push_error(format!("{text}\n").as_bytes());
    }

    /// The lines that are not written yet.
    pub fn queue(&self) -> &LogQueue {
        &self.queue
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.queue.finish();
    }
}

/// Replaces Rust's hook, which writes to standard error on the panicking thread and can block it.
fn log_panic(panic: &panic::PanicHookInfo<'_>) {
    let backtrace = Backtrace::capture();
    match backtrace.status() {
        BacktraceStatus::Captured => tracing::error!("{panic}\n{backtrace}"),
        _ => tracing::error!("{panic}"),
    }
}
