//! memcached servers behind a network that fails.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lovely_session_host::MemcachedOptions;
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::proxy::{Fault, Proxy};
use lovely_session_tests::world::{World, long_timeouts};

use lovely_session_tests::random::Random;

/// The timeout of the store.
const TIMEOUT: Duration = Duration::from_millis(120);

/// A delay over the timeout.
const TOO_LATE: Duration = Duration::from_millis(250);

/// More bytes than the longest request of these tests.
const MOST_BYTES: usize = 3000;

/// The number of times that each fault happened.
pub type Faults = BTreeMap<&'static str, usize>;

/// A world on one server or several, and the network between them.
pub struct Trouble {
    pub world: Arc<World>,
    stations: Vec<Station>,
    /// The number of deaths of servers. Counted while the server is dead.
    deaths: AtomicUsize,
}

/// A server, and the network in front of it.
struct Station {
    server: Mutex<MemcachedServer>,
    proxy: Proxy,
}

/// Options with short timeouts.
pub fn short_deadlines() -> MemcachedOptions {
    MemcachedOptions { connect_timeout: TIMEOUT, io_timeout: TIMEOUT, ..MemcachedOptions::default() }
}

impl Trouble {
    /// One server, without faults at first.
    pub async fn start() -> Self {
        Self::with_servers(1).await
    }

    /// `count` servers, without faults at first.
    pub async fn with_servers(count: usize) -> Self {
        let mut stations = Vec::new();
        for _ in 0..count {
            let server = MemcachedServer::start();
            let proxy = Proxy::in_front_of(&server.address()).await;
            stations.push(Station { server: Mutex::new(server), proxy });
        }
        let addresses: Vec<String> = stations.iter().map(|station| station.proxy.address()).collect();
        let world = Arc::new(World::at_all(&addresses, &short_deadlines()).await);
        Self { world, stations, deaths: AtomicUsize::new(0) }
    }

    /// The network in front of the only server.
    pub fn proxy(&self) -> &Proxy {
        &self.stations[0].proxy
    }

    /// The number of connections that were cut.
    pub fn cuts(&self) -> usize {
        self.stations.iter().map(|station| station.proxy.cuts()).sum()
    }

    /// The number of deaths of servers, each of which lost everything.
    pub fn deaths(&self) -> usize {
        self.deaths.load(Ordering::SeqCst)
    }

    /// The same store with long timeouts.
    ///
    /// The network stays in between, because the server of a session depends on the servers' addresses.
    pub async fn calm(&self) -> World {
        let addresses: Vec<String> = self.stations.iter().map(|station| station.proxy.address()).collect();
        World::at_all(&addresses, &long_timeouts()).await
    }

    /// Causes faults, with pauses in between, for about `time`, and then removes them.
    pub async fn disturb(&self, random: &mut Random, time: Duration) -> Faults {
        let mut faults = Faults::new();
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.disturb_once(random, &mut faults).await;
        }
        settle().await;
        faults
    }

    /// Causes one fault after a pause.
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

    /// Causes one fault for a while, and returns its name.
    async fn fail_once(&self, random: &mut Random) -> &'static str {
        let Station { server, proxy } = &self.stations[random.index(self.stations.len())];
        let after = random.index(MOST_BYTES);
        let (name, fault) = match random.below(5) {
            0 => ("cut request", Fault::CutRequests { after }),
            1 => ("cut reply", Fault::CutReplies { after }),
            2 => ("late reply", Fault::DelayReplies(TOO_LATE)),
            3 => ("lost reply", Fault::DropReplies),
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

/// Waits until the commands that were sent to a frozen server have arrived.
pub async fn settle() {
    tokio::time::sleep(TOO_LATE).await;
}
