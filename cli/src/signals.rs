//! The signals that stop the server.

use std::io;
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level;
use tokio::sync::oneshot;

use crate::log_queue::LogQueue;

/// Catches SIGINT and SIGTERM from now on. The first ends what is returned; the second ends the process, with exit
/// code 0.
///
/// They are heard on a thread of its own, because the second has to work when every other thread hangs.
///
/// # Errors
///
/// Fails when the system refuses a handler or the thread.
pub fn catch_signals(log: LogQueue) -> io::Result<oneshot::Receiver<()>> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let (sender, stopping) = oneshot::channel();
    let listen = move || {
        let mut signals = signals.forever();
        if signals.next().is_some() {
            // Nobody listens any more when the server has ended by itself.
            let _heard = sender.send(());
        }
        if signals.next().is_some() {
            tracing::warn!("stopped at once");
            log.finish();
            // Not Rust's own `exit`: it waits for another thread that exits already.
            low_level::exit(0);
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(listen)?;
    Ok(stopping)
}
