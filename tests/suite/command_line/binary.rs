//! Processes of the binary.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::thread::JoinHandle;

/// The binary, which cargo puts next to the directory of this test's program.
fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().and_then(|deps| deps.parent()).unwrap().join("lovely-session");
    assert!(path.exists(), "{} does not exist: run `cargo build` first", path.display());
    path
}

/// How a process ended.
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs the binary to its end.
pub fn run<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Ended {
    let Output { status, stdout, stderr } = Command::new(binary()).args(arguments).output().unwrap();
    Ended {
        code: status.code(),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}

/// A process that serves. It is killed when this is dropped.
pub struct Serving {
    process: Child,
    address: SocketAddr,
    beginning: String,
    log: Option<JoinHandle<String>>,
}

impl Serving {
    /// Serves the misbehaving application on a free port, and waits until it is ready.
    pub fn start() -> Self {
        Self::start_with(["--no-cache"])
    }

    /// The same, with these arguments.
    pub fn start_with<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Self {
        Self::spawn(serve_command().args(arguments))
    }

    /// The same, for a user with this home directory.
    pub fn start_in_home<A: AsRef<OsStr>>(home: &Path, arguments: impl IntoIterator<Item = A>) -> Self {
        Self::spawn(serve_command().env_remove("XDG_CACHE_HOME").env("HOME", home).args(arguments))
    }

    fn spawn(command: &mut Command) -> Self {
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let (address, beginning) = read_address(&mut log);
        let rest = std::thread::spawn(move || {
            let mut text = String::new();
            log.read_to_string(&mut text).unwrap();
            text
        });
        Self { process, address, beginning, log: Some(rest) }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The log until it was ready.
    pub fn beginning(&self) -> &str {
        &self.beginning
    }

    /// Sends a signal, by its name.
    pub fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits for its end, and gives its status and the rest of its log.
    pub fn wait(mut self) -> (ExitStatus, String) {
        let status = self.process.wait().unwrap();
        (status, self.log.take().unwrap().join().unwrap())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It fails when the process has ended already, which is as well.
        let _ended = self.process.kill();
        let _status = self.process.wait();
    }
}

fn serve_command() -> Command {
    let mut command = Command::new(binary());
    command
        .args(["serve", env!("PROGRAM_MISBEHAVE_WASM"), "--addr", "127.0.0.1:0", "--max-requests", "8"])
        .env_remove("RUST_LOG");
    command
}

/// Reads the log until the server is ready; gives the address, and what was read.
fn read_address(log: &mut BufReader<ChildStderr>) -> (SocketAddr, String) {
    let mut seen = String::new();
    loop {
        let line_begins = seen.len();
        assert_ne!(log.read_line(&mut seen).unwrap(), 0, "it ended before it served:\n{seen}");
        if let Some((_, address)) = seen[line_begins..].split_once("serving on http://") {
            return (address.trim().parse().unwrap(), seen);
        }
    }
}
