//! The signals that stop the server, or have it reload.

use std::fs::File;
use std::io;
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level;
use tokio::sync::{oneshot, watch};

use crate::log::LogQueue;

/// What the signals of the process ask for.
pub struct Asked {
    /// Completes when the server should stop.
    pub stop: oneshot::Receiver<()>,
    /// Changes when the server should reload.
    pub reload: watch::Receiver<u64>,
}

/// Catches signals from now on. The first SIGINT or SIGTERM asks to stop; the second one ends the process at once, with
/// exit code 0. SIGHUP asks to reload; when the terminal of the process is gone, it asks to stop.
///
/// A dedicated thread receives them, because the second one has to work even if all other threads hang.
///
/// # Errors
///
/// Fails when the system refuses a signal handler or the thread.
pub fn catch_signals(log: LogQueue) -> io::Result<Asked> {
    let hangs_up = has_terminal() && !ignores_hangup();
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    let (stopper, stop) = oneshot::channel();
    let (reloader, reload) = watch::channel(0);
    let listen = move || {
        let mut stopper = Some(stopper);
        for signal in signals.forever() {
            let has_hung_up = hangs_up && !has_terminal();
            if signal == SIGHUP && !has_hung_up {
                reloader.send_modify(|count| *count += 1);
            } else if let Some(stopper) = stopper.take() {
                // The receiver is gone when the server has ended by itself.
                let _received = stopper.send(());
            } else {
                tracing::warn!("stopped at once");
                log.finish();
                // Rust's own `exit` would wait for another thread that is exiting already.
                low_level::exit(0);
            }
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(listen)?;
    Ok(Asked { stop, reload })
}

/// Whether the process belongs to a terminal. When that is closed, its processes get SIGHUP, too.
fn has_terminal() -> bool {
    File::open("/dev/tty").is_ok()
}

/// Whether the process was started to outlive its terminal, as by `nohup`.
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|signals| u64::from_str_radix(signals.trim(), 16).ok());
    ignored.is_some_and(|signals| signals & 1 << (SIGHUP - 1) != 0)
}
