//! The signals that stop the server.

use std::io;
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level;
use tokio::sync::oneshot;

use crate::log::LogQueue;

/// Catches SIGINT and SIGTERM from now on. The first one completes the returned receiver; the second one ends the
/// process at once, with exit code 0.
///
/// A dedicated thread receives them, because the second one has to work even if all other threads hang.
///
/// # Errors
///
/// Fails when the system refuses a signal handler or the thread.
pub fn catch_signals(log: LogQueue) -> io::Result<oneshot::Receiver<()>> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let (sender, stopping) = oneshot::channel();
    let listen = move || {
        let mut signals = signals.forever();
        if signals.next().is_some() {
            // The receiver is gone when the server has ended by itself.
            let _received = sender.send(());
        }
        if signals.next().is_some() {
            tracing::warn!("stopped at once");
            log.finish();
            // Rust's own `exit` would wait for another thread that is exiting already.
            low_level::exit(0);
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(listen)?;
    Ok(stopping)
}
