//! An instance of the real session component, called as an edge function calls it.
//!
//! A call that traps fails the test: an application gets a typed error for every mistake.

use std::sync::Arc;

use lovely_session_host::{KeyValueCtx, KeyValueView, Memory, add_to_linker};
use wasmtime::Store;
use wasmtime::component::{Component, Linker, ResourceAny, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::bindings::SessionComponent;
pub use crate::bindings::exports::lovely::session::sessions::ContainerOptions;
pub use crate::bindings::exports::lovely::session::transactions::{
    Conflict, Error, Isolation, NameKind, SessionName, TransactionOptions,
};
use crate::world::TestClock;

/// The result of a call.
pub type CallResult<T> = Result<T, Error>;

/// Container options that are all absent.
pub const DEFAULTS: ContainerOptions =
    ContainerOptions { timeout: None, resolution: None, max_size: None, remember_ended: None };

macro_rules! handles {
    ($($(#[$doc:meta])* $name:ident),*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name(ResourceAny);
    )* };
}

handles!(
    /// A transaction.
    Tx,
    /// A savepoint.
    Savepoint,
    /// A container.
    Container,
    /// A session.
    Session,
    /// A package.
    Package
);

/// One instance of the component.
pub struct App {
    store: Store<State>,
    component: SessionComponent,
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

/// Calls a method of a resource; a trap fails the test.
macro_rules! call {
    ($app:expr, $interface:ident, $resource:ident, $method:ident $(, $argument:expr)*) => {
        $app.component
            .$interface()
            .$resource()
            .$method(&mut $app.store $(, $argument)*)
            .await
            .expect("the component must not trap")
    };
}

impl App {
    pub(crate) async fn start(component: &Component, key_value: KeyValueCtx, clock: TestClock) -> Self {
        let mut linker = Linker::new(component.engine());
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
        add_to_linker(&mut linker).unwrap();
        let wasi = WasiCtx::builder().wall_clock(clock).build();
        let state = State { wasi, table: ResourceTable::new(), key_value };
        let mut store = Store::new(component.engine(), state);
        let component = SessionComponent::instantiate_async(&mut store, component, &linker).await.unwrap();
        Self { store, component }
    }

    /// Starts a session component that is joined with its store, and imports only WASI. It has the network of this
    /// process, and these variables in its environment.
    ///
    /// # Panics
    ///
    /// When it imports something else.
    pub async fn start_on_wasi(component: &Component, environment: &[(&str, &str)]) -> Self {
        let mut linker = Linker::new(component.engine());
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
        let mut wasi = WasiCtx::builder();
        wasi.inherit_network().allow_tcp(true).envs(environment);
        // The linker does not use it.
        let key_value = KeyValueCtx::new(Arc::new(Memory::new()));
        let state = State { wasi: wasi.build(), table: ResourceTable::new(), key_value };
        let mut store = Store::new(component.engine(), state);
        let component = SessionComponent::instantiate_async(&mut store, component, &linker).await.unwrap();
        Self { store, component }
    }

    /// Drops a handle.
    pub async fn drop_handle(&mut self, handle: impl Into<ResourceAny>) {
        let handle: ResourceAny = handle.into();
        handle.resource_drop_async(&mut self.store).await.expect("dropping must not trap");
    }

    /// Begins a transaction with default options.
    pub async fn begin(&mut self) -> Tx {
        Tx(call!(self, lovely_session_transactions, transaction, call_constructor, None))
    }

    /// Begins a transaction at an isolation level.
    pub async fn begin_with(&mut self, isolation: Isolation) -> Tx {
        let options = Some(TransactionOptions { isolation: Some(isolation) });
        Tx(call!(self, lovely_session_transactions, transaction, call_constructor, options))
    }

    /// `transaction.savepoint`.
    pub async fn savepoint(&mut self, tx: Tx) -> CallResult<Savepoint> {
        call!(self, lovely_session_transactions, transaction, call_savepoint, tx.0).map(Savepoint)
    }

    /// `transaction.commit`.
    pub async fn commit(&mut self, tx: Tx) -> CallResult<()> {
        call!(self, lovely_session_transactions, transaction, call_commit, tx.0)
    }

    /// `transaction.abort`.
    pub async fn abort(&mut self, tx: Tx) -> CallResult<()> {
        call!(self, lovely_session_transactions, transaction, call_abort, tx.0)
    }

    /// `savepoint.rollback`.
    pub async fn rollback(&mut self, savepoint: Savepoint) -> CallResult<()> {
        call!(self, lovely_session_transactions, savepoint, call_rollback, savepoint.0)
    }

    /// `savepoint.release`.
    pub async fn release(&mut self, savepoint: Savepoint) -> CallResult<()> {
        call!(self, lovely_session_transactions, savepoint, call_release, savepoint.0)
    }

    /// `container.open` with default options.
    pub async fn open(&mut self, name: &str) -> Container {
        self.open_with(name, DEFAULTS).await.unwrap()
    }

    /// `container.open`.
    pub async fn open_with(&mut self, name: &str, options: ContainerOptions) -> CallResult<Container> {
        call!(self, lovely_session_sessions, container, call_open, name, Some(options)).map(Container)
    }

    /// `container.session`.
    pub async fn session(&mut self, container: Container, tx: Tx, id: &str) -> CallResult<Session> {
        call!(self, lovely_session_sessions, container, call_session, container.0, tx.0, id).map(Session)
    }

    /// `container.session-many`.
    pub async fn session_many(
        &mut self,
        container: Container,
        tx: Tx,
        ids: &[&str],
    ) -> CallResult<Vec<Session>> {
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        let sessions =
            call!(self, lovely_session_sessions, container, call_session_many, container.0, tx.0, &ids)?;
        Ok(sessions.into_iter().map(Session).collect())
    }

    /// `container.resume`.
    pub async fn resume(&mut self, container: Container, tx: Tx, id: &str) -> CallResult<Option<Session>> {
        let session = call!(self, lovely_session_sessions, container, call_resume, container.0, tx.0, id)?;
        Ok(session.map(Session))
    }

    /// `container.create`.
    pub async fn create(&mut self, container: Container, tx: Tx) -> CallResult<Session> {
        call!(self, lovely_session_sessions, container, call_create, container.0, tx.0).map(Session)
    }

    /// `container.joined`.
    pub async fn joined(&mut self, container: Container, tx: Tx) -> CallResult<Vec<String>> {
        call!(self, lovely_session_sessions, container, call_joined, container.0, tx.0)
    }

    /// `session.id`.
    pub async fn id(&mut self, session: Session) -> String {
        call!(self, lovely_session_sessions, session, call_id, session.0)
    }

    /// `session.is-new`.
    pub async fn is_new(&mut self, session: Session) -> CallResult<bool> {
        call!(self, lovely_session_sessions, session, call_is_new, session.0)
    }

    /// `session.last-accessed`.
    pub async fn last_accessed(&mut self, session: Session) -> CallResult<u64> {
        call!(self, lovely_session_sessions, session, call_last_accessed, session.0)
    }

    /// `session.package`.
    pub async fn package(&mut self, session: Session, name: &str) -> CallResult<Package> {
        call!(self, lovely_session_sessions, session, call_package, session.0, name).map(Package)
    }

    /// `session.packages`.
    pub async fn packages(&mut self, session: Session) -> CallResult<Vec<String>> {
        call!(self, lovely_session_sessions, session, call_packages, session.0)
    }

    /// `session.remove-package`.
    pub async fn remove_package(&mut self, session: Session, name: &str) -> CallResult<bool> {
        call!(self, lovely_session_sessions, session, call_remove_package, session.0, name)
    }

    /// `session.destroy`.
    pub async fn destroy(&mut self, session: Session) -> CallResult<()> {
        call!(self, lovely_session_sessions, session, call_destroy, session.0)
    }

    /// `session.renew-id`.
    pub async fn renew_id(&mut self, session: Session, grace: Option<u32>) -> CallResult<String> {
        call!(self, lovely_session_sessions, session, call_renew_id, session.0, grace)
    }

    /// `package.get`.
    pub async fn get(&mut self, package: Package, key: &str) -> CallResult<Option<String>> {
        call!(self, lovely_session_sessions, package, call_get, package.0, key)
    }

    /// `package.peek`.
    pub async fn peek(&mut self, package: Package, key: &str) -> CallResult<Option<String>> {
        call!(self, lovely_session_sessions, package, call_peek, package.0, key)
    }

    /// `package.set`.
    pub async fn set(&mut self, package: Package, key: &str, value: &str) -> CallResult<()> {
        call!(self, lovely_session_sessions, package, call_set, package.0, key, value)
    }

    /// `package.add`.
    pub async fn add(&mut self, package: Package, key: &str, number: i64) -> CallResult<()> {
        call!(self, lovely_session_sessions, package, call_add, package.0, key, number)
    }

    /// `package.remove`.
    pub async fn remove(&mut self, package: Package, key: &str) -> CallResult<bool> {
        call!(self, lovely_session_sessions, package, call_remove, package.0, key)
    }

    /// `package.contains`.
    pub async fn contains(&mut self, package: Package, key: &str) -> CallResult<bool> {
        call!(self, lovely_session_sessions, package, call_contains, package.0, key)
    }

    /// `package.keys`.
    pub async fn keys(&mut self, package: Package) -> CallResult<Vec<String>> {
        call!(self, lovely_session_sessions, package, call_keys, package.0)
    }

    /// `package.entries`.
    pub async fn entries(&mut self, package: Package) -> CallResult<Vec<(String, String)>> {
        call!(self, lovely_session_sessions, package, call_entries, package.0)
    }

    /// `package.peek-entries`.
    pub async fn peek_entries(&mut self, package: Package) -> CallResult<Vec<(String, String)>> {
        call!(self, lovely_session_sessions, package, call_peek_entries, package.0)
    }

    /// `package.len`.
    pub async fn len(&mut self, package: Package) -> CallResult<u32> {
        call!(self, lovely_session_sessions, package, call_len, package.0)
    }

    /// `package.clear`.
    pub async fn clear(&mut self, package: Package) -> CallResult<()> {
        call!(self, lovely_session_sessions, package, call_clear, package.0)
    }

    /// `package.update`.
    pub async fn update(&mut self, package: Package, entries: &[(&str, &str)]) -> CallResult<()> {
        let entries: Vec<(String, String)> =
            entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        call!(self, lovely_session_sessions, package, call_update, package.0, &entries)
    }
}

macro_rules! into_resource {
    ($($name:ident),*) => { $(
        impl From<$name> for ResourceAny {
            fn from(handle: $name) -> Self {
                handle.0
            }
        }
    )* };
}

into_resource!(Tx, Savepoint, Container, Session, Package);
