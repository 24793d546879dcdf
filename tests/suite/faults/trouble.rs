//! memcached servers behind a network that fails.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lovely_session_host::MemcachedOptions;
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::proxy::{Fault, Proxy};
use lovely_session_tests::world::{World, patient};

use lovely_session_tests::random::Random;

/// How long the server may take to answer.
const DEADLINE: Duration = Duration::from_millis(120);

/// How long it takes when it is too late.
const TOO_LATE: Duration = Duration::from_millis(250);

/// More than the longest request of these tests.
const MOST_BYTES: usize = 3000;

/// How often each fault happened.
pub type Faults = BTreeMap<&'static str, usize>;

/// A world on one server or several, and what stands between it and them.
pub struct Trouble {
    pub world: Arc<World>,
    stations: Vec<Station>,
    /// How often a server has died. Counted when it is dead, before it starts again.
    deaths: AtomicUsize,
}

/// A server, and the network before it.
struct Station {
    server: Mutex<MemcachedServer>,
    proxy: Proxy,
}

/// Options with short deadlines.
pub fn short_deadlines() -> MemcachedOptions {
    MemcachedOptions { connect_timeout: DEADLINE, io_timeout: DEADLINE, ..MemcachedOptions::default() }
}

impl Trouble {
    /// One server. All is well at first.
    pub async fn start() -> Self {
        Self::with_servers(1).await
    }

    /// So many servers. All is well at first.
    pub async fn with_servers(count: usize) -> Self {
        let mut stations = Vec::new();
        for _ in 0..count {
            let server = MemcachedServer::start();
            let proxy = Proxy::before(&server.address()).await;
            stations.push(Station { server: Mutex::new(server), proxy });
        }
        let addresses: Vec<String> = stations.iter().map(|station| station.proxy.address()).collect();
        let world = Arc::new(World::at_all(&addresses, &short_deadlines()).await);
        Self { world, stations, deaths: AtomicUsize::new(0) }
    }

    /// The network before the only server.
    pub fn proxy(&self) -> &Proxy {
        &self.stations[0].proxy
    }

    /// How many connections were cut.
    pub fn cuts(&self) -> usize {
        self.stations.iter().map(|station| station.proxy.cuts()).sum()
    }

    /// How often a server has died and lost everything.
    pub fn deaths(&self) -> usize {
        self.deaths.load(Ordering::SeqCst)
    }

    /// The same store with all the time that it needs.
    ///
    /// The network stays in between: where a session is depends on the addresses of the servers.
    pub async fn calm(&self) -> World {
        let addresses: Vec<String> = self.stations.iter().map(|station| station.proxy.address()).collect();
        World::at_all(&addresses, &patient()).await
    }

    /// Makes trouble, with quiet moments in between, for about `time`; then all is well again.
    pub async fn disturb(&self, random: &mut Random, time: Duration) -> Faults {
        let mut faults = Faults::new();
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.disturb_once(random, &mut faults).await;
        }
        settle().await;
        faults
    }

    /// A quiet moment, and then one fault.
    pub async fn disturb_once(&self, random: &mut Random, faults: &mut Faults) {
        random.wait(Duration::from_millis(150)).await;
        *faults.entry(self.fail_once(random).await).or_default() += 1;
    }

    /// Kills one of the servers, which loses everything, and starts it again.
    pub async fn kill_one(&self, random: &mut Random) {
        let station = &self.stations[random.index(self.stations.len())];
        station.server.lock().unwrap().stop();
        self.deaths.fetch_add(1, Ordering::SeqCst);
        random.wait(Duration::from_millis(30)).await;
        station.server.lock().unwrap().restart();
    }

    /// Lets one thing fail for a while, and says what.
    async fn fail_once(&self, random: &mut Random) -> &'static str {
        let Station { server, proxy } = &self.stations[random.index(self.stations.len())];
        let after = random.index(MOST_BYTES);
        let (name, fault) = match random.below(5) {
            0 => ("cut request", Fault::CutRequests { after }),
            1 => ("cut answer", Fault::CutAnswers { after }),
            2 => ("late answer", Fault::DelayAnswers(TOO_LATE)),
            3 => ("lost answer", Fault::DropAnswers),
            _ => {
                server.lock().unwrap().pause();
                tokio::time::sleep(TOO_LATE).await;
                server.lock().unwrap().resume();
                return "frozen server";
            }
        };
        proxy.set(fault);
        random.wait(TOO_LATE).await;
        proxy.set(Fault::None);
        name
    }
}

/// Waits until what was sent to a frozen server has arrived.
pub async fn settle() {
    tokio::time::sleep(TOO_LATE).await;
}
