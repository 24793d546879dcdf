//! The application `programs/visitor`, joined with the session component, compiled and linked once, with pooled
//! instances.

use std::sync::Arc;

use lovely_session_host::compose::compose;
use lovely_session_host::serve::{Limits, pooled_engine};
use lovely_session_host::{KeyValue, KeyValueCtx, KeyValueView, SESSION_COMPONENT, add_to_linker};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use self::bindings::{Visits, VisitsPre};
use crate::clients::Client;

mod bindings {
    wasmtime::component::bindgen!({
        path: ["../wit", "programs/visitor/wit"],
        world: "lovely:benches/visits",
        exports: { default: async },
    });
}

/// The container of all sessions here.
const CONTAINER: &str = "bench";

/// The most instances at the same time.
const INSTANCES: u32 = 300;

/// The ticks of 10 ms before a guest is interrupted: never in a bench.
const NEVER: u64 = 1 << 40;

/// The content of a session: a number of packages of one size, and a first package of 100 bytes with additional keys.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The number of packages, including the first.
    pub packages: u32,
    /// The bytes of each package except the first.
    pub bytes: u32,
    /// The additional keys of the first package, which has two others.
    pub keys: u32,
}

impl Shape {
    /// A record of about this size: ten packages, or only the first if that is enough.
    pub fn of_size(bytes: u32) -> Self {
        match bytes {
            ..1000 => Self { packages: 1, bytes: 0, keys: 0 },
            _ => Self { packages: 10, bytes: (bytes - 100) / 9, keys: 0 },
        }
    }
}

/// The store's key of a session.
pub fn key(id: &str) -> String {
    lovely_session_core::store_key(CONTAINER, id).unwrap()
}

/// `count` ids.
pub fn ids(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("visitor {number}")).collect()
}

/// Makes instances.
#[derive(Clone)]
pub struct Prepared(VisitsPre<State>);

impl Prepared {
    /// Compiles the application for the engine of `serve`.
    pub fn new() -> wasmtime::Result<Self> {
        Self::on(pooled_engine(&Limits { concurrent_requests: INSTANCES, ..Limits::default() })?)
    }

    /// Compiles the application for another engine, which must have epoch interruption.
    pub fn on(engine: Engine) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        add_to_linker(&mut linker)?;
        let application = std::fs::read(env!("VISITOR_WASM"))?;
        let component = Component::new(&engine, compose(&application, SESSION_COMPONENT)?)?;
        Ok(Self(VisitsPre::new(linker.instantiate_pre(&component)?)?))
    }

    /// An instance with `sessions` as its store.
    pub async fn instance(&self, sessions: &Arc<dyn KeyValue>) -> Instance {
        let key_value = KeyValueCtx::new(Arc::clone(sessions));
        let state = State { wasi: WasiCtx::builder().build(), table: ResourceTable::new(), key_value };
        let mut store = Store::new(self.0.engine(), state);
        store.set_epoch_deadline(NEVER);
        let visits = self.0.instantiate_async(&mut store).await.expect("the pool has room for an instance");
        Instance { store, visits }
    }

    /// Stores sessions of one shape.
    pub async fn fill(&self, sessions: &Arc<dyn KeyValue>, ids: &[String], shape: Shape) {
        let mut instance = self.instance(sessions).await;
        for id in ids {
            let Shape { packages, bytes, keys } = shape;
            instance.visits.call_fill(&mut instance.store, id, packages, bytes, keys).await.unwrap();
        }
    }
}

struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    key_value: KeyValueCtx,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl KeyValueView for State {
    fn key_value(&mut self) -> &mut KeyValueCtx {
        &mut self.key_value
    }
}

/// An instance of the application. Its calls are those of `programs/visitor/wit/world.wit`; one that traps fails the
/// bench.
pub struct Instance {
    store: Store<State>,
    visits: Visits,
}

impl Instance {
    /// `visit`.
    pub async fn visit(&mut self, id: &str) -> bool {
        self.visits.call_visit(&mut self.store, id).await.unwrap()
    }

    /// `count`.
    pub async fn count(&mut self, id: &str) -> u64 {
        self.visits.call_count(&mut self.store, id).await.unwrap()
    }

    /// `nothing`.
    pub async fn nothing(&mut self) {
        self.visits.call_nothing(&mut self.store).await.unwrap();
    }

    /// `begin`.
    pub async fn begin(&mut self, ids: &[String]) {
        self.visits.call_begin(&mut self.store, ids).await.unwrap();
    }

    /// `savepoint`.
    pub async fn savepoint(&mut self) {
        self.visits.call_savepoint(&mut self.store).await.unwrap();
    }

    /// `change`.
    pub async fn change(&mut self, keys: u32) {
        self.visits.call_change(&mut self.store, keys).await.unwrap();
    }

    /// `rollback`.
    pub async fn rollback(&mut self) {
        self.visits.call_rollback(&mut self.store).await.unwrap();
    }
}

/// Visits sessions in an existing instance.
pub struct Warm {
    instance: Instance,
    ids: Vec<String>,
}

impl Warm {
    /// A client that visits these sessions in every transaction.
    pub async fn new(prepared: &Prepared, sessions: &Arc<dyn KeyValue>, ids: Vec<String>) -> Self {
        Self { instance: prepared.instance(sessions).await, ids }
    }
}

impl Client for Warm {
    async fn transact(&mut self) {
        match &self.ids[..] {
            [id] => assert!(self.instance.visit(id).await, "nobody else visits this session"),
            ids => self.instance.visits.call_visit_all(&mut self.instance.store, ids).await.unwrap(),
        }
    }
}

/// Visits a session, each time in a new instance.
pub struct Fresh {
    prepared: Prepared,
    sessions: Arc<dyn KeyValue>,
    id: String,
}

impl Fresh {
    /// A client that visits this session.
    pub fn new(prepared: &Prepared, sessions: &Arc<dyn KeyValue>, id: &str) -> Self {
        Self { prepared: prepared.clone(), sessions: Arc::clone(sessions), id: id.to_owned() }
    }
}

impl Client for Fresh {
    async fn transact(&mut self) {
        let mut instance = self.prepared.instance(&self.sessions).await;
        assert!(instance.visit(&self.id).await, "nobody else visits this session");
    }
}

/// Makes the same calls to the store as a visit, from an instance without sessions.
pub struct Relay {
    instance: Instance,
    key: String,
}

impl Relay {
    /// A client that relays the record of this session.
    pub async fn new(prepared: &Prepared, sessions: &Arc<dyn KeyValue>, id: &str) -> Self {
        Self { instance: prepared.instance(sessions).await, key: key(id) }
    }
}

impl Client for Relay {
    async fn transact(&mut self) {
        self.instance.visits.call_relay(&mut self.instance.store, &self.key).await.unwrap();
    }
}
