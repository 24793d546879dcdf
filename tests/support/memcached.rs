//! A real memcached: a process on a free port, which ends with the test.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::authority::CertificateFiles;

/// The time limit for starting a server, and for a reply.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The number of attempts to start a server, each on another port, because another process can take the port first.
const ATTEMPTS: usize = 10;

/// The reply of a server with authentication to the first command. It does not reply to the others.
const UNAUTHENTICATED: &str = "CLIENT_ERROR unauthenticated";

/// A memcached process. It is killed when this is dropped.
pub struct MemcachedServer {
    /// Without TLS, also when the server has TLS: for the test's own commands.
    address: SocketAddr,
    tls_address: Option<SocketAddr>,
    arguments: Vec<String>,
    process: Option<Process>,
}

impl MemcachedServer {
    /// Starts memcached with its defaults, and waits until it replies.
    ///
    /// # Panics
    ///
    /// When memcached is not installed or does not start.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts memcached with additional arguments, for example `["-I", "2m"]`.
    ///
    /// # Panics
    ///
    /// The same as [`MemcachedServer::start`].
    #[must_use]
    pub fn start_with(arguments: &[&str]) -> Self {
        Self::start_on(|| None, arguments.iter().map(|&argument| argument.to_owned()).collect())
    }

    /// Starts memcached with TLS and additional arguments. The test's own commands go to another port, without TLS.
    ///
    /// # Panics
    ///
    /// The same as [`MemcachedServer::start`].
    #[must_use]
    pub fn start_with_tls(certificate: &CertificateFiles, arguments: &[&str]) -> Self {
        let files = [certificate.chain.display(), certificate.key.display()];
        let files = format!("ssl_chain_cert={},ssl_key={}", files[0], files[1]);
        let arguments = [&["-Z", "-o", &files], arguments].concat().into_iter().map(str::to_owned);
        Self::start_on(|| Some(free_address()), arguments.collect())
    }

    fn start_on(tls_address: impl Fn() -> Option<SocketAddr>, arguments: Vec<String>) -> Self {
        for _ in 0..ATTEMPTS {
            let (address, tls_address) = (free_address(), tls_address());
            if let Some(process) = Process::start(address, tls_address, &arguments) {
                return Self { address, tls_address, arguments, process: Some(process) };
            }
        }
        panic!("memcached {arguments:?} does not start on any of {ATTEMPTS} free ports");
    }

    /// Its address, as `127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Its address with TLS.
    ///
    /// # Panics
    ///
    /// When it has none.
    #[must_use]
    pub fn tls_address(&self) -> String {
        self.tls_address.expect("the server was started with TLS").to_string()
    }

    /// Ends the process, which loses all items. Does nothing when it has ended already.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Ends the process, and starts a new one on the same port.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn restart(&mut self) {
        self.stop();
        let process = Process::start(self.address, self.tls_address, &self.arguments);
        self.process = Some(process.expect("memcached starts again on the port that it had"));
    }

    /// The same as [`MemcachedServer::restart`], with other arguments than before.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn restart_with(&mut self, arguments: &[&str]) {
        self.arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        self.restart();
    }

    /// Freezes the process: the system accepts connections and bytes for it, but it sends no reply.
    ///
    /// # Panics
    ///
    /// When it does not run.
    pub fn pause(&self) {
        let process = self.process.as_ref().expect("the process runs");
        process.signal("STOP");
        process.wait_until_stopped();
    }

    /// Lets a frozen process continue, with the commands that it was sent meanwhile.
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
    /// When it does not reply.
    #[must_use]
    pub fn stats(&self) -> BTreeMap<String, String> {
        let reply = self.command("stats");
        let stats = reply.lines().filter_map(|line| line.strip_prefix("STAT ")?.split_once(' '));
        stats.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Sends a command, or several with `\r\n` between them. Returns all replies, with `\r\n` after each line.
    ///
    /// # Panics
    ///
    /// When it does not reply.
    #[must_use]
    pub fn command(&self, command: &str) -> String {
        send(self.address, command).expect("memcached replies")
    }

    /// Puts an entry for 100 seconds, as a store does: stamped with the generation of its family.
    ///
    /// # Panics
    ///
    /// When it does not reply, or when the key is in no family.
    pub fn put_stamped(&self, key: &str, value: &str) {
        let (family, _) = key.rsplit_once(':').expect("the key is in a family");
        let entry = format!("ms {key} {} F7 T100\r\n{value}", value.len());
        let stored = self.command(&format!("ms {family}: 0 F7 T0\r\n\r\n{entry}"));
        assert_eq!(stored, "HD\r\nHD\r\n");
    }

    /// The keys of all entries, in any order: of all items but those that stand for a family.
    ///
    /// # Panics
    ///
    /// When it does not reply.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        let begun = Instant::now();
        let mut reply = self.dump();
        // While memcached itself crawls through its items, it refuses a dump.
        while reply.starts_with("BUSY") {
            assert!(begun.elapsed() < TIMEOUT, "memcached is busy for more than {TIMEOUT:?}");
            sleep(Duration::from_millis(5));
            reply = self.dump();
        }
        let keys = reply.lines().filter_map(|line| line.strip_prefix("key=")?.split(' ').next());
        let keys = keys.filter(|key| !key.ends_with("%3A"));
        // The dump escapes characters as in URLs. Of those, a session's key has only these.
        keys.map(|key| key.replace("%3A", ":").replace("%25", "%")).collect()
    }

    /// A line for each item, by the hash table. A dump of `all` follows the lists by age instead, and misses items that
    /// move between two lists or are locked by another thread.
    fn dump(&self) -> String {
        // The dump comes from another thread of memcached, which discards commands that are sent behind this one.
        exchange(self.address, "lru_crawler metadump hash\r\n", "END\r\n").expect("memcached replies")
    }

    fn signal(&self, signal: &str) {
        self.process.as_ref().expect("the process runs").signal(signal);
    }
}

/// A process that ends when this is dropped.
struct Process(Child);

impl Process {
    /// Starts memcached, and waits until it replies. `None` if it ends, because another process has its port.
    fn start(address: SocketAddr, tls_address: Option<SocketAddr>, arguments: &[String]) -> Option<Self> {
        let listen = match tls_address {
            Some(tls_address) => format!("notls:{address},{tls_address}"),
            None => address.ip().to_string(),
        };
        let mut command = Command::new("memcached");
        command.args(["-l", &listen, "-p", &address.port().to_string(), "-U", "0"]);
        // Required for root, and ignored for other users.
        command.args(["-u", "root"]).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = match command.spawn() {
            Ok(process) => Self(process),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                panic!("memcached is not installed: run `make setup`")
            }
            Err(error) => panic!("memcached cannot be started: {error}"),
        };
        process.wait_until_it_replies(address).then_some(process)
    }

    fn wait_until_it_replies(&mut self, address: SocketAddr) -> bool {
        let deadline = Instant::now() + TIMEOUT;
        // A reply can come from the server of another test, before ours finds that its port is in use.
        while !replies_as(address, self.0.id()) {
            if self.0.try_wait().expect("the state of a child can be read").is_some() {
                return false;
            }
            assert!(Instant::now() < deadline, "memcached does not reply within {TIMEOUT:?}");
            sleep(Duration::from_millis(5));
        }
        true
    }

    /// Waits until every thread has stopped: until then, the process can still reply.
    fn wait_until_stopped(&self) {
        let tasks = format!("/proc/{}/task", self.0.id());
        let stopped = |task: io::Result<fs::DirEntry>| {
            let stat =
                fs::read_to_string(task.expect("the directory of a thread can be read").path().join("stat"));
            // The state follows the program's name, which is in brackets and can contain any characters.
            stat.expect("a thread has a state").rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
        };
        let deadline = Instant::now() + TIMEOUT;
        while !fs::read_dir(&tasks).expect("the process exists").all(stopped) {
            assert!(Instant::now() < deadline, "memcached does not stop within {TIMEOUT:?}");
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
        // Fails when the process has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    listener.local_addr().expect("a listener has an address")
}

fn replies_as(address: SocketAddr, id: u32) -> bool {
    let own = format!("STAT pid {id}");
    // A server with authentication does not tell its process id.
    let is_own = |line: &str| line == own || line == UNAUTHENTICATED;
    send(address, "stats").is_ok_and(|reply| reply.lines().any(is_own))
}

fn send(address: SocketAddr, command: &str) -> io::Result<String> {
    exchange(address, &format!("{command}\r\nmn\r\n"), "MN\r\n")
}

/// Sends bytes, and returns everything that is received before the last line.
fn exchange(address: SocketAddr, request: &str, last_line: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.write_all(request.as_bytes())?;
    let mut lines = BufReader::new(stream);
    let mut reply = String::new();
    loop {
        let mut line = Vec::new();
        lines.read_until(b'\n', &mut line)?;
        let line = String::from_utf8_lossy(&line);
        // A closed connection ends the reply as well.
        if line.is_empty() || line == last_line {
            return Ok(reply);
        }
        reply.push_str(&line);
        if line.trim_end() == UNAUTHENTICATED || line.starts_with("BUSY") {
            return Ok(reply);
        }
    }
}
