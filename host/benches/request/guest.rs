//! The session component as a host runs it: compiled and linked once, in instances from a pool.

use std::sync::Arc;

use lovely_session_host::{KeyValue, KeyValueCtx, KeyValueView, SESSION_COMPONENT, add_to_linker};
use wasmtime::component::{Component, Linker, ResourceAny, ResourceTable};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use self::bindings::{SessionComponent, SessionComponentPre};

#[allow(missing_docs, reason = "generated code")]
mod bindings {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "lovely:session/session-component",
        imports: { default: async },
        exports: { default: async },
    });
}

/// The container of all sessions here.
pub const CONTAINER: &str = "bench";

/// The package that transactions work on; the others only make the record larger.
const PACKAGE: &str = "package 0";

/// No guest is interrupted before so many ticks, of which there are none.
const NEVER: u64 = 1 << 40;

/// What makes instances.
pub struct Prepared(SessionComponentPre<State>);

impl Prepared {
    /// Compiles the component for an engine that is set up as the one of `serve`.
    pub fn new() -> wasmtime::Result<Self> {
        let mut config = Config::new();
        config.allocation_strategy(InstanceAllocationStrategy::pooling()).epoch_interruption(true);
        let engine = Engine::new(&config)?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        add_to_linker(&mut linker)?;
        let component = Component::new(&engine, SESSION_COMPONENT)?;
        Ok(Self(SessionComponentPre::new(linker.instantiate_pre(&component)?)?))
    }

    /// An instance whose sessions are in `sessions`.
    pub async fn instance(&self, sessions: &Arc<dyn KeyValue>) -> wasmtime::Result<Instance> {
        let key_value = KeyValueCtx::new(Arc::clone(sessions));
        let state = State { wasi: WasiCtx::builder().build(), table: ResourceTable::new(), key_value };
        let mut store = Store::new(self.0.engine(), state);
        store.set_epoch_deadline(NEVER);
        let component = self.0.instantiate_async(&mut store).await?;
        Ok(Instance { store, component })
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

/// An instance of the component.
pub struct Instance {
    store: Store<State>,
    component: SessionComponent,
}

/// The handles of a transaction that one session has joined.
struct Visit {
    transaction: ResourceAny,
    container: ResourceAny,
    session: ResourceAny,
}

impl Instance {
    /// Does what a request does: changes one key.
    pub async fn transact(&mut self, id: &str) -> wasmtime::Result<()> {
        let visit = self.begin(id).await?;
        let package = self.package(&visit, PACKAGE).await?;
        let packages = self.component.lovely_session_sessions().package();
        let count = packages.call_get(&mut self.store, package, "count").await??;
        let count = count.unwrap_or_default().parse::<u64>()? + 1;
        packages.call_set(&mut self.store, package, "count", &count.to_string()).await??;
        let transactions = self.component.lovely_session_transactions().transaction();
        let savepoint = transactions.call_savepoint(&mut self.store, visit.transaction).await??;
        package.resource_drop_async(&mut self.store).await?;
        savepoint.resource_drop_async(&mut self.store).await?;
        self.commit(visit).await
    }

    /// Stores a session of so many packages, all of `bytes` but the one that is worked on.
    pub async fn fill(&mut self, id: &str, packages: usize, bytes: usize) -> wasmtime::Result<()> {
        let visit = self.begin(id).await?;
        for number in 0..packages {
            let text = text(if number == 0 { 100 } else { bytes });
            let entries = [("count".to_owned(), "1".to_owned()), ("text".to_owned(), text)];
            let package = self.package(&visit, &format!("package {number}")).await?;
            let packages = self.component.lovely_session_sessions().package();
            packages.call_update(&mut self.store, package, &entries).await??;
            package.resource_drop_async(&mut self.store).await?;
        }
        self.commit(visit).await
    }

    async fn begin(&mut self, id: &str) -> wasmtime::Result<Visit> {
        let transactions = self.component.lovely_session_transactions().transaction();
        let containers = self.component.lovely_session_sessions().container();
        let transaction = transactions.call_constructor(&mut self.store, None).await?;
        let container = containers.call_open(&mut self.store, CONTAINER, None).await??;
        let session = containers.call_session(&mut self.store, container, transaction, id).await??;
        Ok(Visit { transaction, container, session })
    }

    async fn package(&mut self, visit: &Visit, name: &str) -> wasmtime::Result<ResourceAny> {
        let sessions = self.component.lovely_session_sessions().session();
        Ok(sessions.call_package(&mut self.store, visit.session, name).await??)
    }

    async fn commit(&mut self, visit: Visit) -> wasmtime::Result<()> {
        let transactions = self.component.lovely_session_transactions().transaction();
        transactions.call_commit(&mut self.store, visit.transaction).await??;
        for handle in [visit.session, visit.container, visit.transaction] {
            handle.resource_drop_async(&mut self.store).await?;
        }
        Ok(())
    }
}

/// The JSON text that fills a package of so many bytes.
fn text(bytes: usize) -> String {
    let others = r#"{"count":1,"text":""}"#.len();
    format!("\"{}\"", "x".repeat(bytes - others))
}
