//! A server whose log is a closed pipe, a full pipe or a full disk: its responses, and how it ends.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use lovely_session_tests::provider;
use tokio::sync::oneshot;

use super::binary::{binary, read_address};

/// The timeout for a response, and for the end of a process, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// The number of requests whose log lines exceed the pipe (64 KiB) and the server's queue.
const MANY: usize = 200;

/// A server with a log that the test chooses. It is killed when this is dropped.
struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    /// Serves, and returns the log, of which only the beginning has been read.
    fn with_pipe() -> (Self, BufReader<ChildStderr>) {
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut process = serve_at(anywhere).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let address = read_address(&mut log);
        (Self { process, address }, log)
    }

    /// Serves with a log on a disk that is full.
    fn with_full_disk() -> Self {
        let address = address_of_its_own();
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut process = serve_at(address).stderr(full).spawn().unwrap();
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert_eq!(process.try_wait().unwrap(), None, "it ended before it was ready");
            assert!(begun.elapsed() < PATIENCE * 3, "it does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self { process, address }
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let exchange = async {
            let response = reqwest::get(format!("http://{}{path}", self.address)).await?;
            Ok::<_, reqwest::Error>((response.status().as_u16(), response.text().await?))
        };
        tokio::time::timeout(PATIENCE, exchange).await.expect("no response in time").unwrap()
    }

    /// Sends requests that add lines to the log: an application responds, prints, and fails.
    async fn assert_responds(&self) {
        for _ in 0..5 {
            assert_eq!(self.get("/hello").await, (200, "hello\n".to_owned()));
            assert_eq!(self.get("/print").await, (200, "printed\n".to_owned()));
            assert_eq!(self.get("/trap").await, (500, "the application failed\n".to_owned()));
        }
    }

    /// Makes the log long: its lines contain the path.
    async fn fill_log(&self) {
        let path = format!("/{}", "x".repeat(30_000));
        for _ in 0..MANY {
            assert_eq!(self.get(&path).await, (404, "no such behaviour\n".to_owned()));
        }
    }

    fn signal(&self) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
    }

    /// Waits for the end of the process.
    fn end(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // This fails if the process has ended already.
        let _ended = self.process.kill();
        let _status = self.process.wait();
    }
}

fn serve_at(address: SocketAddr) -> Command {
    provider::install();
    let mut command = Command::new(binary());
    command.args(["serve", env!("PROGRAM_MISBEHAVE_WASM"), "--addr", &address.to_string(), "--no-cache"]);
    command.args(["--max-requests", "8", "--shutdown-timeout", "600", "--time-limit", "600"]);
    command.env_remove("RUST_LOG");
    command
}

/// A free port on a loopback address that no other process takes ports on.
fn address_of_its_own() -> SocketAddr {
    let [.., high, low] = std::process::id().to_be_bytes();
    TcpListener::bind(SocketAddr::from(([127, 77, high, low], 0))).unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn requests_succeed_with_a_closed_pipe_as_the_log() {
    let (mut server, log) = Server::with_pipe();
    drop(log);
    server.assert_responds().await;
    server.signal();
    assert_eq!(server.end().code(), Some(0));
}

#[tokio::test]
async fn requests_succeed_with_a_full_disk_as_the_log() {
    let mut server = Server::with_full_disk();
    server.assert_responds().await;
    server.signal();
    assert_eq!(server.end().code(), Some(0));
}

#[tokio::test]
async fn requests_succeed_and_the_server_ends_with_a_full_pipe_as_the_log() {
    let (mut server, _unread) = Server::with_pipe();
    server.fill_log().await;
    server.assert_responds().await;
    server.signal();
    assert_eq!(server.end().code(), Some(0));
}

#[tokio::test]
async fn a_second_signal_ends_a_server_with_a_full_pipe_while_guests_compute_on_all_threads() {
    let (mut server, _unread) = Server::with_pipe();
    server.fill_log().await;
    let url = format!("http://{}/loop", server.address);
    let loops: Vec<_> = (0..8).map(|_| tokio::spawn(reqwest::get(url.clone()))).collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.signal();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(server.process.try_wait().unwrap(), None, "it waits for the requests after the first signal");
    server.signal();
    assert_eq!(server.end().code(), Some(0));
    for request in loops {
        assert!(request.await.unwrap().is_err());
    }
}

/// Reads the log to its end on a thread; the receiver completes at the first line about dropped lines.
fn read_to_the_end(mut log: BufReader<ChildStderr>) -> (JoinHandle<String>, oneshot::Receiver<()>) {
    let (sender, reported) = oneshot::channel();
    let reader = std::thread::spawn(move || {
        let (mut text, mut sender) = (String::new(), Some(sender));
        while log.read_line(&mut text).unwrap() > 0 {
            if text.ends_with('\n') && text.lines().next_back().is_some_and(|line| dropped(line).is_some()) {
                sender.take().map(|sender| sender.send(()));
            }
        }
        text
    });
    (reader, reported)
}

/// The number of dropped lines that a line of the log reports.
fn dropped(line: &str) -> Option<usize> {
    let (_, count) = line.split_once("dropped log lines: ")?;
    Some(count.parse().unwrap())
}

#[tokio::test]
async fn the_log_counts_every_dropped_line() {
    let (mut server, log) = Server::with_pipe();
    server.fill_log().await;
    let (reader, reported) = read_to_the_end(log);
    tokio::time::timeout(PATIENCE, reported).await.expect("the log reports no dropped lines").unwrap();
    server.signal();
    assert_eq!(server.end().code(), Some(0));
    let text = reader.join().unwrap();
    let counts: Vec<usize> = text.lines().filter_map(dropped).collect();
    let written = text.lines().count() - counts.len();
    // A line for each request, `stopping`, and `stopped`.
    assert_eq!(written + counts.iter().sum::<usize>(), MANY + 2, "{written} written, {counts:?} dropped");
}
