//! A real memcached: a process of its own on a free port, which ends with the test.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a server may take to start, and to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a server is started on another port, when somebody else has taken the one that was free.
const ATTEMPTS: usize = 10;

/// What a server with authentication says to the first command, and nothing to the others.
const UNAUTHENTICATED: &str = "CLIENT_ERROR unauthenticated";

/// A memcached that listens where nobody else does. Its process is killed when this is dropped.
pub struct MemcachedServer {
    address: SocketAddr,
    arguments: Vec<String>,
    process: Option<Process>,
}

impl MemcachedServer {
    /// Starts memcached with its defaults, and waits until it answers.
    ///
    /// # Panics
    ///
    /// When memcached is not installed or does not start: then a test that needs it has failed.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts memcached with these arguments added, for example `["-I", "2m"]`.
    ///
    /// # Panics
    ///
    /// As [`MemcachedServer::start`].
    #[must_use]
    pub fn start_with(arguments: &[&str]) -> Self {
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        for _ in 0..ATTEMPTS {
            let address = free_address();
            if let Some(process) = Process::start(address, &arguments) {
                return Self { address, arguments, process: Some(process) };
            }
        }
        panic!("memcached {arguments:?} does not start on any of {ATTEMPTS} free ports");
    }

    /// Where it listens, as `127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Ends the process; everything in it is lost. Does nothing when it has ended already.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Starts a fresh process on the same port, after ending the one that runs.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn restart(&mut self) {
        self.stop();
        let process = Process::start(self.address, &self.arguments);
        self.process = Some(process.expect("memcached starts again on the port that it had"));
    }

    /// As [`MemcachedServer::restart`], with other arguments than before.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn restart_with(&mut self, arguments: &[&str]) {
        self.arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        self.restart();
    }

    /// Freezes the process: it accepts connections and bytes, and answers nothing.
    ///
    /// # Panics
    ///
    /// When it does not run.
    pub fn pause(&self) {
        let process = self.process.as_ref().expect("the process runs");
        process.signal("STOP");
        process.wait_until_stopped();
    }

    /// Lets a frozen process go on, with what it was sent meanwhile.
    ///
    /// # Panics
    ///
    /// When it does not run.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// The server's statistics, by name.
    ///
    /// # Panics
    ///
    /// When it does not answer.
    #[must_use]
    pub fn stats(&self) -> BTreeMap<String, String> {
        let answer = self.command("stats");
        let stats = answer.lines().filter_map(|line| line.strip_prefix("STAT ")?.split_once(' '));
        stats.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Sends a command, or several with `\r\n` between them, and gives everything that is answered, with
    /// `\r\n` after each line.
    ///
    /// # Panics
    ///
    /// When it does not answer.
    #[must_use]
    pub fn command(&self, command: &str) -> String {
        ask(self.address, command).expect("memcached answers")
    }

    /// The keys of all items, in no order.
    ///
    /// # Panics
    ///
    /// When it does not answer.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        let begun = Instant::now();
        let mut answer = self.dump();
        // memcached looks through its items now and then by itself, and dumps none of them meanwhile.
        while answer.starts_with("BUSY") {
            assert!(begun.elapsed() < PATIENCE, "memcached is busy for more than {PATIENCE:?}");
            sleep(Duration::from_millis(5));
            answer = self.dump();
        }
        let keys = answer.lines().filter_map(|line| line.strip_prefix("key=")?.split(' ').next());
        // The dump escapes what URLs escape; of that, a session's key holds only these.
        keys.map(|key| key.replace("%3A", ":").replace("%25", "%")).collect()
    }

    /// A line for each item. By the hash table, because a dump of `all` follows the lists by age: it misses items that
    /// move between two of them, and those that another thread has locked.
    fn dump(&self) -> String {
        // The dump comes from another thread of memcached, which swallows what is sent behind the command.
        converse(self.address, "lru_crawler metadump hash\r\n", "END\r\n").expect("memcached answers")
    }

    fn signal(&self, signal: &str) {
        self.process.as_ref().expect("the process runs").signal(signal);
    }
}

/// A process that ends when this is dropped.
struct Process(Child);

impl Process {
    /// Starts memcached and waits until it answers. `None` when it ends: another process has its port.
    fn start(address: SocketAddr, arguments: &[String]) -> Option<Self> {
        let mut command = Command::new("memcached");
        command.args(["-l", &address.ip().to_string(), "-p", &address.port().to_string(), "-U", "0"]);
        // memcached refuses to run as root unless told so, and ignores this for others.
        command.args(["-u", "root"]).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = match command.spawn() {
            Ok(process) => Self(process),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                panic!("memcached is not installed: run `make setup`")
            }
            Err(error) => panic!("memcached cannot be started: {error}"),
        };
        process.wait_until_it_answers(address).then_some(process)
    }

    fn wait_until_it_answers(&mut self, address: SocketAddr) -> bool {
        let deadline = Instant::now() + PATIENCE;
        // What answers may be somebody else's server, while ours is about to find its port taken.
        while !is_answered_by(address, self.0.id()) {
            if self.0.try_wait().expect("a child can be asked").is_some() {
                return false;
            }
            assert!(Instant::now() < deadline, "memcached does not answer within {PATIENCE:?}");
            sleep(Duration::from_millis(5));
        }
        true
    }

    /// Waits until every thread has noticed the signal: until then, a request may still be answered.
    fn wait_until_stopped(&self) {
        let tasks = format!("/proc/{}/task", self.0.id());
        let stopped = |task: io::Result<fs::DirEntry>| {
            let stat = fs::read_to_string(task.expect("a thread can be looked at").path().join("stat"));
            // The state follows the program's name, which is in brackets and may hold anything.
            stat.expect("a thread has a state").rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
        };
        let deadline = Instant::now() + PATIENCE;
        while !fs::read_dir(&tasks).expect("the process is there").all(stopped) {
            assert!(Instant::now() < deadline, "memcached does not stop within {PATIENCE:?}");
            sleep(Duration::from_millis(1));
        }
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").arg(format!("-{signal}")).arg(self.0.id().to_string()).status();
        assert!(sent.expect("kill can be run").success(), "the signal {signal} was not sent");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nothing can be done about a failure here, and a child that cannot be killed has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    listener.local_addr().expect("a listener has an address")
}

fn is_answered_by(address: SocketAddr, id: u32) -> bool {
    let own = format!("STAT pid {id}");
    // A server with authentication tells nobody its process id.
    let is_own = |line: &str| line == own || line == UNAUTHENTICATED;
    ask(address, "stats").is_ok_and(|answer| answer.lines().any(is_own))
}

fn ask(address: SocketAddr, command: &str) -> io::Result<String> {
    converse(address, &format!("{command}\r\nmn\r\n"), "MN\r\n")
}

/// Sends bytes, and gives everything that is answered before the last line.
fn converse(address: SocketAddr, request: &str, last_line: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut lines = BufReader::new(stream);
    let mut answer = String::new();
    loop {
        let mut line = Vec::new();
        lines.read_until(b'\n', &mut line)?;
        let line = String::from_utf8_lossy(&line);
        // A server that hangs up has answered as well.
        if line.is_empty() || line == last_line {
            return Ok(answer);
        }
        answer.push_str(&line);
        if line.trim_end() == UNAUTHENTICATED || line.starts_with("BUSY") {
            return Ok(answer);
        }
    }
}
