//! The store component after stale writes: it pauses before it reads the key again, if that happened several times.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lovely_session_host::{ComponentStore, WasiState};
use lovely_session_host::{Expectation, KV_MEMCACHED, KeyValue, Memcached, Outcome};
use lovely_session_tests::memcached::MemcachedServer;
use tokio::task::JoinSet;
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, StoreContextMut};

use crate::stores::{connect, expecting, get, put, write};

const CLIENTS: usize = 64;
const INCREMENTS: usize = 5;

/// The store component in one instance. Its pauses are counted, and each has the longest length.
struct Pausing {
    store: ComponentStore<WasiState>,
    pauses: Arc<AtomicUsize>,
}

impl Pausing {
    fn at(server: &MemcachedServer) -> Self {
        let pauses = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&pauses);
        let instances = Instances::new(|linker| {
            linker.allow_shadowing(true);
            let mut random = linker.instance(&import("wasi:random/random@")).unwrap();
            let longest = move |_: StoreContextMut<'_, WasiState>, (): ()| {
                counted.fetch_add(1, Ordering::SeqCst);
                Ok((u64::MAX,))
            };
            // It uses this number for a pause, and bytes for everything else.
            random.func_wrap("get-random-u64", longest).unwrap();
            let bytes = |_: StoreContextMut<'_, WasiState>, (len,): (u64,)| Ok((vec![7_u8; len as usize],));
            random.func_wrap("get-random-bytes", bytes).unwrap();
        });
        Self { store: instances.one(server), pauses }
    }

    /// Reads a key. Returns the number of pauses, and how long the read took.
    async fn read(&self, key: &str) -> (usize, Duration) {
        let before = self.pauses.load(Ordering::SeqCst);
        let begin = Instant::now();
        assert!(get(&self.store, key).await.is_some());
        (self.pauses.load(Ordering::SeqCst) - before, begin.elapsed())
    }

    /// Makes a write of a key stale.
    async fn lose_a_race(&self, key: &str, rival: &Memcached) {
        let version = get(&self.store, key).await.unwrap().version;
        assert!(matches!(write(rival, put(key, "rival", Expectation::Anything)).await, Outcome::Applied(_)));
        let late = write(&self.store, put(key, "late", expecting(&version))).await;
        assert_eq!(late, Outcome::Stale);
    }
}

/// Makes instances of the store component.
struct Instances {
    component: Component,
    linker: Linker<WasiState>,
}

/// The full name of what the component imports under a name without its version.
fn import(name: &str) -> String {
    let engine = Engine::default();
    let component = Component::new(&engine, KV_MEMCACHED).unwrap().component_type();
    let mut imports = component.imports(&engine).map(|(import, _)| import);
    imports.find(|import| import.starts_with(name)).unwrap().to_owned()
}

impl Instances {
    fn new(prepare: impl FnOnce(&mut Linker<WasiState>)) -> Self {
        let engine = Engine::default();
        let component = Component::new(&engine, KV_MEMCACHED).unwrap();
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
        prepare(&mut linker);
        Self { component, linker }
    }

    fn one(&self, server: &MemcachedServer) -> ComponentStore<WasiState> {
        let environment = [
            ("LOVELY_SESSION_MEMCACHED".to_owned(), server.address()),
            ("LOVELY_SESSION_MEMCACHED_TIMEOUT_MS".to_owned(), "20000".to_owned()),
        ];
        let state = move || WasiState::new(&environment);
        ComponentStore::new(&self.component, &self.linker, state).unwrap().in_one_instance()
    }
}

#[tokio::test]
async fn after_several_stale_writes_a_key_is_read_again_after_a_pause() {
    let server = MemcachedServer::start();
    super::until_versions_are_shared().await;
    let (pausing, rival) = (Pausing::at(&server), connect(&[&server]).await);
    write(&rival, put("k", "1", Expectation::Absent)).await;
    pausing.lose_a_race("k", &rival).await;
    assert_eq!(pausing.read("k").await.0, 0, "one lost race is not many");
    for limit in [2, 4, 8, 16] {
        pausing.lose_a_race("k", &rival).await;
        let (pauses, time) = pausing.read("k").await;
        assert_eq!(pauses, 1);
        assert!(time >= Duration::from_millis(limit) - Duration::from_nanos(1), "{limit} ms: {time:?}");
        assert_eq!(pausing.read("k").await.0, 0, "it was read since");
    }
}

#[tokio::test]
async fn there_is_no_pause_after_an_applied_write_or_for_another_key() {
    let server = MemcachedServer::start();
    super::until_versions_are_shared().await;
    let (pausing, rival) = (Pausing::at(&server), connect(&[&server]).await);
    for key in ["k", "l"] {
        write(&rival, put(key, "1", Expectation::Absent)).await;
    }
    for _ in 0..2 {
        pausing.lose_a_race("k", &rival).await;
    }
    assert_eq!(pausing.read("l").await.0, 0);
    write(&pausing.store, put("k", "2", Expectation::Anything)).await;
    pausing.lose_a_race("k", &rival).await;
    assert_eq!(pausing.read("k").await.0, 0, "the row began anew");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_instances_that_increment_one_key_all_succeed() {
    let server = MemcachedServer::start();
    super::until_versions_are_shared().await;
    write(&connect(&[&server]).await, put("k", "0", Expectation::Absent)).await;
    let instances = Instances::new(|_| {});
    let begin = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let store = instances.one(&server);
        clients.spawn(async move {
            let mut lost = 0;
            for _ in 0..INCREMENTS {
                while !count_up(&store).await {
                    lost += 1;
                }
            }
            lost
        });
    }
    let lost: usize = clients.join_all().await.into_iter().sum();
    let time = begin.elapsed();
    println!("{CLIENTS} instances, {INCREMENTS} increments each: {time:?}, {lost} lost races");
    assert_eq!(server.command("mg k v"), format!("VA 3\r\n{}\r\n", CLIENTS * INCREMENTS));
}

/// Adds one to `k`. Returns false if another client wrote it meanwhile.
async fn count_up(store: &dyn KeyValue) -> bool {
    let entry = get(store, "k").await.unwrap();
    let count: usize = String::from_utf8(entry.value).unwrap().parse().unwrap();
    match write(store, put("k", (count + 1).to_string(), expecting(&entry.version))).await {
        Outcome::Applied(_) => true,
        Outcome::Stale => false,
        other => panic!("{other:?}"),
    }
}
