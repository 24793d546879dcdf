//! A memcached behind a network that fails.

use std::collections::BTreeMap;
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

/// A world, and what stands between it and its store.
pub struct Trouble {
    pub world: World,
    pub proxy: Proxy,
    server: MemcachedServer,
}

/// Options with short deadlines.
pub fn short_deadlines() -> MemcachedOptions {
    MemcachedOptions { connect_timeout: DEADLINE, io_timeout: DEADLINE, ..MemcachedOptions::default() }
}

impl Trouble {
    /// All is well at first.
    pub async fn start() -> Self {
        let server = MemcachedServer::start();
        let proxy = Proxy::before(&server.address()).await;
        let world = World::at(&proxy.address(), &short_deadlines()).await;
        Self { world, proxy, server }
    }

    /// The same store without the network in between, and with all the time that it needs.
    pub async fn calm(&self) -> World {
        World::at(&self.server.address(), &patient()).await
    }

    /// Makes trouble, with quiet moments in between, for about `time`; then all is well again.
    pub async fn disturb(&self, random: &mut Random, time: Duration) -> Faults {
        let mut faults = Faults::new();
        let end = Instant::now() + time;
        while Instant::now() < end {
            random.wait(Duration::from_millis(150)).await;
            *faults.entry(self.fail_once(random).await).or_default() += 1;
        }
        // What was sent to a frozen server arrives late.
        tokio::time::sleep(TOO_LATE).await;
        faults
    }

    /// Lets one thing fail for a while, and says what.
    async fn fail_once(&self, random: &mut Random) -> &'static str {
        let after = random.index(MOST_BYTES);
        let (name, fault) = match random.below(5) {
            0 => ("cut request", Fault::CutRequests { after }),
            1 => ("cut answer", Fault::CutAnswers { after }),
            2 => ("late answer", Fault::DelayAnswers(TOO_LATE)),
            3 => ("lost answer", Fault::DropAnswers),
            _ => {
                self.server.pause();
                tokio::time::sleep(TOO_LATE).await;
                self.server.resume();
                return "frozen server";
            }
        };
        self.proxy.set(fault);
        random.wait(TOO_LATE).await;
        self.proxy.set(Fault::None);
        name
    }
}
