//! Processes of the command.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The path of the binary `lovely-session`. Cargo puts it next to the directory of the running test or bench.
///
/// # Panics
///
/// When it was not built.
#[must_use]
pub fn binary() -> PathBuf {
    binary_named("lovely-session")
}

/// The path of another program of the workspace, in the same directory as [`binary`].
///
/// # Panics
///
/// As [`binary`].
#[must_use]
pub fn binary_named(name: &str) -> PathBuf {
    let program = std::env::current_exe().unwrap();
    let path = program.parent().and_then(|deps| deps.parent()).unwrap().join(name);
    assert!(path.exists(), "{} does not exist: run `cargo build` first", path.display());
    path
}

/// How a process ended.
pub struct Ended {
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

/// Runs `lovely-session`, and waits for its end.
///
/// # Panics
///
/// When it cannot be run, or its output is not text.
pub fn run<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Ended {
    run_named("lovely-session", arguments)
}

/// Runs a program of the workspace, and waits for its end.
///
/// # Panics
///
/// As [`run`].
pub fn run_named<A: AsRef<OsStr>>(name: &str, arguments: impl IntoIterator<Item = A>) -> Ended {
    let output = Command::new(binary_named(name)).args(arguments).output().unwrap();
    let Output { status, stdout, stderr } = output;
    Ended {
        code: status.code(),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}

/// A server process. It is killed when this is dropped.
pub struct Serving {
    process: Child,
    address: SocketAddr,
    start_log: String,
    /// The rest of the log so far, and the thread that reads it.
    log: Arc<Mutex<String>>,
    reading: Option<JoinHandle<()>>,
}

impl Serving {
    /// Starts a server of the program `misbehave`, and waits until it is ready.
    ///
    /// # Panics
    ///
    /// As [`Serving::start_with`].
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(env!("PROGRAM_MISBEHAVE_WASM"), ["--max-requests", "8", "--no-cache"])
    }

    /// Starts a server of an application on a free port, with additional arguments, and waits until it is ready.
    ///
    /// # Panics
    ///
    /// When it ends before that.
    #[must_use]
    pub fn start_with<A: AsRef<OsStr>>(application: &str, arguments: impl IntoIterator<Item = A>) -> Self {
        Self::of(serve_command(application).args(arguments))
    }

    /// The same as [`Serving::start_with`], for a user with this home directory.
    ///
    /// # Panics
    ///
    /// When it ends before that.
    #[must_use]
    pub fn start_in_home<A: AsRef<OsStr>>(
        home: &Path,
        application: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        let mut command = serve_command(application);
        Self::of(command.env_remove("XDG_CACHE_HOME").env("HOME", home).args(arguments))
    }

    /// Starts any server program, and waits until it logs its address, in a line that ends with `on http://ADDRESS`, or
    /// `https`.
    ///
    /// # Panics
    ///
    /// When it ends before that.
    #[must_use]
    pub fn of(command: &mut Command) -> Self {
        Self::watched(command, address_in)
    }

    /// Starts any server program, and waits until `ready` finds its address in a line of the log.
    ///
    /// # Panics
    ///
    /// When it ends before that.
    #[must_use]
    pub fn watched(command: &mut Command, ready: impl FnMut(&str) -> Option<SocketAddr>) -> Self {
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let (address, start_log) = read_until(&mut log, ready);
        let rest = Arc::<Mutex<String>>::default();
        let lines = rest.clone();
        let reading = std::thread::spawn(move || {
            for line in log.lines() {
                lines.lock().unwrap().push_str(&(line.unwrap() + "\n"));
            }
        });
        Self { process, address, start_log, log: rest, reading: Some(reading) }
    }

    /// The URL of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The address on which it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The id of the process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// The part of the log until the server was ready.
    #[must_use]
    pub fn start_log(&self) -> &str {
        &self.start_log
    }

    /// Waits until the log contains this text after the start.
    ///
    /// # Panics
    ///
    /// When it does not come in two minutes.
    pub fn wait_for_log(&self, text: &str) {
        let begun = Instant::now();
        while !self.log.lock().unwrap().contains(text) {
            let log = self.log.lock().unwrap();
            assert!(begun.elapsed() < Duration::from_secs(120), "{text:?} is not in:\n{log}");
            drop(log);
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends a signal, by its name.
    ///
    /// # Panics
    ///
    /// When it cannot be sent.
    pub fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits for the end of the process, and returns its status and the rest of its log.
    ///
    /// # Panics
    ///
    /// When its log is not text.
    #[must_use]
    pub fn wait(mut self) -> (ExitStatus, String) {
        let status = self.process.wait().unwrap();
        self.reading.take().unwrap().join().unwrap();
        let log = std::mem::take(&mut *self.log.lock().unwrap());
        (status, log)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Fails when the process has ended already.
        let _ended = self.process.kill();
        let _status = self.process.wait();
    }
}

fn serve_command(application: &str) -> Command {
    let mut command = Command::new(binary());
    command.args(["serve", application, "--addr", "127.0.0.1:0"]).env_remove("RUST_LOG");
    command
}

/// The address in a line of a server's log.
fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, address) = line.split_once(" on http://").or_else(|| line.split_once(" on https://"))?;
    // The line may be JSON.
    let address = address.split(['/', '"', '\n']).next()?;
    Some(address.parse().unwrap())
}

/// Reads the log until it has the server's address.
///
/// # Panics
///
/// When it ends before that.
pub fn read_address(log: &mut BufReader<ChildStderr>) -> SocketAddr {
    read_until(log, address_in).0
}

/// Reads the log until the server is ready. Returns the address, and what was read.
fn read_until(
    log: &mut BufReader<ChildStderr>,
    mut ready: impl FnMut(&str) -> Option<SocketAddr>,
) -> (SocketAddr, String) {
    let mut seen = String::new();
    loop {
        let line_begins = seen.len();
        assert_ne!(log.read_line(&mut seen).unwrap(), 0, "the process ended before it served:\n{seen}");
        if let Some(address) = ready(&seen[line_begins..]) {
            return (address, seen);
        }
    }
}
