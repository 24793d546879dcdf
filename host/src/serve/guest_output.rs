//! Logs the output of applications, line by line.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use hyper::body::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use super::output_limit::{Admission, OutputLimit};
use crate::log_targets::APPLICATION;

/// The longest line that is logged in one piece, in bytes. Longer ones are split,
/// so that a guest cannot fill the host's memory with a line.
const LONGEST_LINE: usize = 4096;

/// One of the two output streams of an application. All handles for it write into the same unfinished line.
pub(super) struct GuestOutput {
    lines: Arc<Mutex<Lines>>,
}

impl GuestOutput {
    /// Standard output: logged as information, up to a limit.
    pub(super) fn stdout(limit: &Arc<OutputLimit>) -> Self {
        Self::to(Output::Stdout, limit)
    }

    /// Standard error: logged as a warning, up to a limit.
    pub(super) fn stderr(limit: &Arc<OutputLimit>) -> Self {
        Self::to(Output::Stderr, limit)
    }

    fn to(output: Output, limit: &Arc<OutputLimit>) -> Self {
        let limit = Arc::clone(limit);
        Self { lines: Arc::new(Mutex::new(Lines { output, limit, unfinished: Vec::new(), begun: false })) }
    }

    fn handle(&self) -> Handle {
        Handle { lines: self.lines.clone() }
    }
}

impl IsTerminal for GuestOutput {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestOutput {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.handle())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.handle())
    }
}

#[derive(Debug, Clone, Copy)]
enum Output {
    Stdout,
    Stderr,
}

impl Output {
    /// Logs the line as a field, not as the message: fields are escaped, so that an
    /// application cannot imitate a line of the server.
    fn log(self, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        match self {
            Self::Stdout => tracing::info!(target: APPLICATION, stdout = &*line),
            Self::Stderr => tracing::warn!(target: APPLICATION, stderr = &*line),
        }
    }
}

/// Collects output until a line is complete.
#[derive(Debug)]
struct Lines {
    output: Output,
    limit: Arc<OutputLimit>,
    unfinished: Vec<u8>,
    /// Whether the beginning of the unfinished line is logged already.
    begun: bool,
}

impl Lines {
    fn take(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let end = piece.strip_suffix(b"\n");
            self.unfinished.extend_from_slice(end.unwrap_or(piece));
            if end.is_some() {
                self.finish_line();
            } else if self.unfinished.len() >= LONGEST_LINE {
                self.log_unfinished();
                self.begun = true;
            }
        }
    }

    fn finish_line(&mut self) {
        if self.unfinished.is_empty() && !self.begun {
            self.log(&[]);
        }
        self.log_unfinished();
        self.begun = false;
    }

    fn log_unfinished(&mut self) {
        let unfinished = std::mem::take(&mut self.unfinished);
        for piece in unfinished.chunks(LONGEST_LINE) {
            self.log(piece);
        }
    }

    fn log(&self, line: &[u8]) {
        match self.limit.admit(line.len(), Instant::now()) {
            Admission::Log => self.output.log(line),
            Admission::LogAfter { left_out } => {
                tracing::warn!(target: APPLICATION, left_out, "lines of the application's output were left out");
                self.output.log(line);
            }
            Admission::FirstLeftOut => {
                let message =
                    "the application prints too much; its output in the rest of this second is left out";
                tracing::warn!(target: APPLICATION, "{message}");
            }
            Admission::LeaveOut => {}
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.log_unfinished();
    }
}

/// A handle for a stream.
struct Handle {
    lines: Arc<Mutex<Lines>>,
}

impl Handle {
    fn take(&self, bytes: &[u8]) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).take(bytes);
    }
}

impl AsyncWrite for Handle {
    fn poll_write(self: Pin<&mut Self>, _context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.take(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[async_trait]
impl Pollable for Handle {
    async fn ready(&mut self) {}
}

#[async_trait]
impl OutputStream for Handle {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.take(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(LONGEST_LINE)
    }
}
