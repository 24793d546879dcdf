//! The log of the process, on standard error, so that standard output contains results only.

mod queue;
mod writer;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::env;
use std::io::{self, IsTerminal};
use std::panic;
use std::str::FromStr as _;
use std::thread;

use clap::ValueEnum;
use lovely_session_admin::{RecentErrors, SESSIONS};
use tracing_subscriber::filter::{Directive, LevelFilter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

pub use self::queue::LogQueue;
use self::writer::LogWriter;

/// Everything that the process writes to standard error.
///
/// Logging neither blocks nor fails: a dedicated thread writes the lines; those that cannot be written or exceed the
/// queue are dropped and counted. Dropping this waits for the last lines: see [`LogQueue::finish`].
#[derive(Debug)]
pub struct Log {
    queue: LogQueue,
    recent_errors: RecentErrors,
}

/// How the lines of the log are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    #[default]
    Text,
    /// A JSON object on each line, also for what happens to sessions
    Json,
}

impl Log {
    /// Starts the thread, and logs the events and panics of the process from now on.
    ///
    /// # Errors
    ///
    /// Fails when the thread cannot be started.
    pub fn start(format: LogFormat) -> io::Result<Self> {
        let queue = LogQueue::default();
        let writer = LogWriter::new(io::stderr());
        let lines = queue.clone();
        thread::Builder::new().name("log".to_owned()).spawn(move || writer.run(&lines))?;
        let log = Self { queue, recent_errors: RecentErrors::default() };
        log.receive_events(format);
        panic::set_hook(Box::new(log_panic));
        Ok(log)
    }

    fn receive_events(&self, format: LogFormat) {
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(self.queue.clone())
            .with_ansi(format == LogFormat::Text && io::stderr().is_terminal())
            // The subscriber writes these to standard error itself, and panics if that fails.
            .log_internal_errors(false);
        let lines = match format {
            LogFormat::Text => lines.boxed(),
            LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
        };
        tracing_subscriber::registry()
            .with(filter(format))
            .with(lines)
            .with(self.recent_errors.clone())
            .init();
    }

    /// Writes lines as they are, with the priority of errors.
    pub fn print(&self, text: &str) {
        self.queue.push_error(format!("{text}\n").as_bytes());
    }

    /// The latest warnings and errors.
    pub fn recent_errors(&self) -> &RecentErrors {
        &self.recent_errors
    }

    /// The lines that are not written yet.
    pub fn queue(&self) -> &LogQueue {
        &self.queue
    }
}

/// What is logged. What happens to sessions is for programs that read the log, unless `RUST_LOG` asks for it.
fn filter(format: LogFormat) -> EnvFilter {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).from_env_lossy();
    let is_wanted = env::var(EnvFilter::DEFAULT_ENV).is_ok_and(|directives| directives.contains(SESSIONS));
    match Directive::from_str(&format!("{SESSIONS}=off")) {
        Ok(no_sessions) if format == LogFormat::Text && !is_wanted => filter.add_directive(no_sessions),
        _ => filter,
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
