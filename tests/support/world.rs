//! A store with everything around it, in which applications run.

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
    /// The memcached of this world; none when its store is in memory, or its server belongs to the test.
    pub server: Option<MemcachedServer>,
    store: Arc<Counting>,
    turns: Option<Turns>,
    clock: TestClock,
    memory_clock: ManualClock,
}

impl World {
    /// A world whose store is in memory. Its clock stands still unless the test moves it.
    pub async fn memory() -> Self {
        let memory_clock = ManualClock::new();
        let store = Arc::new(Memory::with_clock(memory_clock.clone()));
        let clock = TestClock { still: true, moved: Arc::default() };
        Self { server: None, store: Arc::new(Counting::new(store)), turns: None, clock, memory_clock }
    }

    /// A world on a store of the test, which knows no time. Its clock stands still unless the test moves it.
    pub fn over(store: Arc<dyn KeyValue>) -> Self {
        let clock = TestClock { still: true, moved: Arc::default() };
        let store = Arc::new(Counting::new(store));
        Self { server: None, store, turns: None, clock, memory_clock: ManualClock::new() }
    }

    /// A world with a memcached of its own. Real time passes in it.
    pub async fn memcached() -> Self {
        Self::memcached_with(&[]).await
    }

    /// As [`Self::memcached`], with arguments for the server.
    pub async fn memcached_with(arguments: &[&str]) -> Self {
        let server = MemcachedServer::start_with(arguments);
        let world = Self::at(&server.address(), &patient()).await;
        Self { server: Some(server), ..world }
    }

    /// A world on a memcached that belongs to the test, at an address that leads to it. Real time passes in it.
    pub async fn at(address: &str, options: &MemcachedOptions) -> Self {
        Self::at_all(&[address.to_owned()], options).await
    }

    /// As [`Self::at`], with several servers.
    pub async fn at_all(addresses: &[String], options: &MemcachedOptions) -> Self {
        let addresses: Vec<_> = addresses.iter().map(|address| address.parse().unwrap()).collect();
        let store = connect(&addresses, options).await;
        let clock = TestClock { still: false, moved: Arc::default() };
        let store = Arc::new(Counting::new(Arc::new(store)));
        Self { server: None, store, turns: None, clock, memory_clock: ManualClock::new() }
    }

    /// The same world, in which the instances that are started from now on take turns.
    #[must_use]
    pub fn in_turn(self, options: TurnsOptions) -> Self {
        let store = Arc::clone(&self.store) as Arc<dyn KeyValue>;
        Self { turns: Some(Turns::new(store).with_options(options)), ..self }
    }

    /// The turns that instances take.
    ///
    /// # Panics
    ///
    /// When they take none.
    pub fn turns(&self) -> &Turns {
        self.turns.as_ref().expect("the world is in turn")
    }

    /// An instance of the session component, as one request of an edge function has it.
    pub async fn app(&self) -> App {
        let key_value = match &self.turns {
            Some(turns) => turns.context(),
            None => KeyValueCtx::new(Arc::clone(&self.store) as Arc<dyn KeyValue>),
        };
        App::start(component(), key_value, self.clock.clone()).await
    }

    /// As [`Self::app`], with the means to let the client die in the middle of its work.
    pub async fn mortal_app(&self) -> (App, Arc<Life>) {
        let (mortal, life) = Mortal::over(Arc::clone(&self.store) as Arc<dyn KeyValue>);
        (App::start(component(), KeyValueCtx::new(Arc::new(mortal)), self.clock.clone()).await, life)
    }

    /// Moves the clock that the component sees, and the expiry of a store in memory. A memcached does not
    /// notice.
    pub fn pass(&self, time: Duration) {
        self.clock.moved.fetch_add(time.as_millis() as u64, Ordering::SeqCst);
        self.memory_clock.advance(time);
    }

    /// Lets time pass for the component and for the store: by moving clocks in memory, and by waiting where a
    /// memcached counts the seconds.
    pub async fn wait(&self, time: Duration) {
        if self.clock.still {
            self.pass(time);
        } else {
            tokio::time::sleep(time).await;
        }
    }

    /// The round trips so far: reads and writes.
    pub fn trips(&self) -> (usize, usize) {
        self.store.trips()
    }

    /// The bytes that the store has for a session.
    pub async fn raw(&self, container: &str, id: &str) -> Option<Vec<u8>> {
        let key = lovely_session_core::store_key(container, id).unwrap();
        let mut entries = self.store.get_many(vec![key], None).await.unwrap();
        entries.pop().unwrap().map(|entry| entry.value)
    }

    /// Puts bytes in the place of a session.
    pub async fn put_raw(&self, container: &str, id: &str, value: &[u8]) {
        let change = Change::Put { value: value.to_vec(), lifetime: Lifetime::NeverExpires };
        assert!(matches!(self.write_raw(container, id, change).await, Outcome::Applied(_)));
    }

    /// Loses the record of a session, as a store does that evicts.
    pub async fn evict(&self, container: &str, id: &str) {
        assert!(matches!(self.write_raw(container, id, Change::Delete).await, Outcome::Applied(_)));
    }

    async fn write_raw(&self, container: &str, id: &str, change: Change) -> Outcome {
        let key = lovely_session_core::store_key(container, id).unwrap();
        let write = Write { key, expects: Expectation::Anything, change };
        self.store.write_many(vec![write]).await.unwrap().pop().unwrap()
    }
}

/// The wall clock of the component: real or still, and moved by the test.
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

/// For tests that are not about deadlines: a busy machine must not make them fail.
#[must_use]
pub fn patient() -> MemcachedOptions {
    let long = Duration::from_secs(20);
    MemcachedOptions { connect_timeout: long, io_timeout: long, ..MemcachedOptions::default() }
}

/// Connects, with deadlines that a busy machine may miss now and then.
async fn connect(addresses: &[ServerAddress], options: &MemcachedOptions) -> Memcached {
    for _ in 0..100 {
        match Memcached::connect(addresses, options).await {
            Err(ConnectError::TimedOut { .. }) => {}
            store => return store.unwrap(),
        }
    }
    panic!("no connection to {addresses:?} within {:?}, in 100 attempts", options.connect_timeout);
}
