//! A store, its clock and its server, for applications to run on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lovely_session_host::{
    Change, ConnectError, Expectation, KeyValue, KeyValueCtx, Lifetime, ManualClock, Memcached,
    MemcachedOptions, Memory, Outcome, SESSION_COMPONENT, ServerAddress, Turns, TurnsOptions, Write,
};
use wasmtime::component::Component;
use wasmtime::{Config, Engine};
use wasmtime_wasi::HostWallClock;

use crate::app::App;
use crate::counting::Counting;
use crate::memcached::MemcachedServer;
use crate::mortal::{Life, Mortal};

/// A store, its clock, and its server if it has one.
pub struct World {
    /// The memcached of this world. None if its store is in memory, or if the test owns the server.
    pub server: Option<MemcachedServer>,
    store: Arc<Counting>,
    turns: Option<Turns>,
    clock: TestClock,
    memory_clock: ManualClock,
}

impl World {
    /// A world with a store in memory. Only the test moves its clock.
    pub async fn memory() -> Self {
        let memory_clock = ManualClock::new();
        let store = Arc::new(Memory::with_clock(memory_clock.clone()));
        let clock = TestClock { still: true, moved: Arc::default() };
        Self { server: None, store: Arc::new(Counting::new(store)), turns: None, clock, memory_clock }
    }

    /// A world with a store of the test, which does not expire entries. Only the test moves its clock.
    pub fn over(store: Arc<dyn KeyValue>) -> Self {
        let clock = TestClock { still: true, moved: Arc::default() };
        let store = Arc::new(Counting::new(store));
        Self { server: None, store, turns: None, clock, memory_clock: ManualClock::new() }
    }

    /// A world with its own memcached, in real time.
    pub async fn memcached() -> Self {
        Self::memcached_with(&[]).await
    }

    /// The same as [`Self::memcached`], with arguments for the server.
    pub async fn memcached_with(arguments: &[&str]) -> Self {
        let server = MemcachedServer::start_with(arguments);
        let world = Self::at(&server.address(), &long_timeouts()).await;
        Self { server: Some(server), ..world }
    }

    /// A world with a memcached of the test, at an address of a server or a proxy, in real time.
    pub async fn at(address: &str, options: &MemcachedOptions) -> Self {
        Self::at_all(&[address.to_owned()], options).await
    }

    /// The same as [`Self::at`], with several servers.
    pub async fn at_all(addresses: &[String], options: &MemcachedOptions) -> Self {
        let addresses: Vec<_> = addresses.iter().map(|address| address.parse().unwrap()).collect();
        let store = connect(&addresses, options).await;
        let clock = TestClock { still: false, moved: Arc::default() };
        let store = Arc::new(Counting::new(Arc::new(store)));
        Self { server: None, store, turns: None, clock, memory_clock: ManualClock::new() }
    }

    /// The same world, with turns for the instances that are started from now on.
    #[must_use]
    pub fn with_turns(self, options: TurnsOptions) -> Self {
        let store = Arc::clone(&self.store) as Arc<dyn KeyValue>;
        Self { turns: Some(Turns::new(store).with_options(options)), ..self }
    }

    /// The turns of the instances.
    ///
    /// # Panics
    ///
    /// When the world has no turns.
    pub fn turns(&self) -> &Turns {
        self.turns.as_ref().expect("the world has turns")
    }

    /// A new instance of the session component, as each request of an edge function has one.
    pub async fn app(&self) -> App {
        let key_value = match &self.turns {
            Some(turns) => turns.context(),
            None => KeyValueCtx::new(Arc::clone(&self.store) as Arc<dyn KeyValue>),
        };
        App::start(component(), key_value, self.clock.clone()).await
    }

    /// The same as [`Self::app`], and the means to let the client die in the middle of its work.
    pub async fn mortal_app(&self) -> (App, Arc<Life>) {
        let (mortal, life) = Mortal::over(Arc::clone(&self.store) as Arc<dyn KeyValue>);
        (App::start(component(), KeyValueCtx::new(Arc::new(mortal)), self.clock.clone()).await, life)
    }

    /// Moves the clock of the component, and that of a store in memory. It does not affect a memcached.
    pub fn pass(&self, time: Duration) {
        self.clock.moved.fetch_add(time.as_millis() as u64, Ordering::SeqCst);
        self.memory_clock.advance(time);
    }

    /// Lets time pass for the component and the store: moves the clocks of a store in memory, and waits with a
    /// memcached.
    pub async fn wait(&self, time: Duration) {
        if self.clock.still {
            self.pass(time);
        } else {
            tokio::time::sleep(time).await;
        }
    }

    /// The round trips so far: reads and writes.
    pub fn round_trips(&self) -> (usize, usize) {
        self.store.round_trips()
    }

    /// The record of a session in the store.
    pub async fn raw(&self, container: &str, id: &str) -> Option<Vec<u8>> {
        let key = lovely_session_core::store_key(container, id).unwrap();
        let mut entries = self.store.get_many(vec![key], None).await.unwrap();
        entries.pop().unwrap().map(|entry| entry.value)
    }

    /// Replaces the record of a session.
    pub async fn put_raw(&self, container: &str, id: &str, value: &[u8]) {
        let change = Change::Put { value: value.to_vec(), lifetime: Lifetime::NeverExpires };
        assert!(matches!(self.write_raw(container, id, change).await, Outcome::Applied(_)));
    }

    /// Removes the record of a session, as an eviction does.
    pub async fn evict(&self, container: &str, id: &str) {
        assert!(matches!(self.write_raw(container, id, Change::Delete).await, Outcome::Applied(_)));
    }

    async fn write_raw(&self, container: &str, id: &str, change: Change) -> Outcome {
        let key = lovely_session_core::store_key(container, id).unwrap();
        let write = Write { key, expects: Expectation::Anything, change };
        self.store.write_many(vec![write]).await.unwrap().pop().unwrap()
    }
}

/// The wall clock of the component. It follows real time or stands still, and the test can move it.
#[derive(Clone)]
pub struct TestClock {
    still: bool,
    moved: Arc<AtomicU64>,
}

impl HostWallClock for TestClock {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        let moved = Duration::from_millis(self.moved.load(Ordering::SeqCst));
        let base = if self.still {
            Duration::from_secs(1_700_000_000)
        } else {
            SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
        };
        base + moved
    }
}

/// The session component, compiled once for all tests.
fn component() -> &'static Component {
    static COMPONENT: OnceLock<Component> = OnceLock::new();
    COMPONENT.get_or_init(|| {
        let engine = Engine::new(&Config::new()).unwrap();
        Component::from_binary(&engine, SESSION_COMPONENT).unwrap()
    })
}

/// Long timeouts, for tests that are not about timeouts and must not fail on a busy machine.
#[must_use]
pub fn long_timeouts() -> MemcachedOptions {
    let long = Duration::from_secs(20);
    MemcachedOptions { connect_timeout: long, io_timeout: long, ..MemcachedOptions::default() }
}

/// Connects, and retries when a timeout passes on a busy machine.
async fn connect(addresses: &[ServerAddress], options: &MemcachedOptions) -> Memcached {
    for _ in 0..100 {
        match Memcached::connect(addresses, options).await {
            Err(ConnectError::TimedOut { .. }) => {}
            store => return store.unwrap(),
        }
    }
    panic!("no connection to {addresses:?} within {:?}, in 100 attempts", options.connect_timeout);
}
