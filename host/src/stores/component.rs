//! A store that is a component.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use lovely_session_key_value::{Entry, Error, KeyValue, Lifetime, Outcome, Write, async_trait};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::bindings::{StoreComponent, StoreComponentPre, exported_wit as wit};

/// A store that is a component: one that exports `lovely:session/key-value`, in any language.
///
/// Concurrent calls run in different instances, and idle instances are used again. So calls do not share what the
/// component keeps in its memory, unless there is [only one instance](Self::in_one_instance). A call that traps returns
/// [`Error::Other`], and its instance is dropped. There is no timeout: a call lasts as long as the component takes.
pub struct ComponentStore<T: 'static> {
    component: StoreComponentPre<T>,
    new_state: Box<dyn Fn() -> T + Send + Sync>,
    idle: Mutex<Vec<Running<T>>>,
    /// Locked during each call, if there is only one instance.
    lock: Option<tokio::sync::Mutex<()>>,
}

/// Why a component cannot be used as a store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ComponentError {
    /// The file is not a component.
    #[error("it is not a WebAssembly component")]
    Invalid(#[source] wasmtime::Error),
    /// It does not export the interface, or imports something that the linker does not have.
    #[error(
        "it does not export `lovely:session/key-value@0.1.0`, or it imports something that is not provided"
    )]
    Unfit(#[source] wasmtime::Error),
}

/// An instance and its store.
struct Running<T: 'static> {
    store: Store<T>,
    component: StoreComponent,
}

impl<T: Send + 'static> ComponentStore<T> {
    /// A store of `component`, with the imports from `linker`. `new_state` makes the data of each instance.
    ///
    /// # Errors
    ///
    /// [`ComponentError::Unfit`], when the component does not export the interface, or imports something that the
    /// linker does not have.
    pub fn new(
        component: &Component,
        linker: &Linker<T>,
        new_state: impl Fn() -> T + Send + Sync + 'static,
    ) -> Result<Self, ComponentError> {
        let component = linker.instantiate_pre(component).and_then(StoreComponentPre::new);
        let component = component.map_err(ComponentError::Unfit)?;
        Ok(Self { component, new_state: Box::new(new_state), idle: Mutex::default(), lock: None })
    }

    /// Runs all calls in the same instance, one after the other. Use it for a component that keeps its entries in
    /// memory.
    #[must_use]
    pub fn in_one_instance(self) -> Self {
        Self { lock: Some(tokio::sync::Mutex::default()), ..self }
    }

    async fn lock(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        match &self.lock {
            Some(lock) => Some(lock.lock().await),
            None => None,
        }
    }

    /// Drops the idle instances, so that the next calls run in new ones.
    pub fn forget_instances(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Running<T>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn instance(&self) -> wasmtime::Result<Running<T>> {
        if let Some(running) = self.idle().pop() {
            return Ok(running);
        }
        let mut store = Store::new(self.component.engine(), (self.new_state)());
        let component = self.component.instantiate_async(&mut store).await?;
        Ok(Running { store, component })
    }

    async fn read(&self, keys: &[String], touch: Option<wit::Lifetime>) -> wasmtime::Result<Entries> {
        let _lock = self.lock().await;
        let Running { mut store, component } = self.instance().await?;
        let entries = component.lovely_session_key_value().call_get_many(&mut store, keys, touch).await?;
        self.idle().push(Running { store, component });
        Ok(entries)
    }

    async fn write(&self, writes: &[wit::Write]) -> wasmtime::Result<Outcomes> {
        let _lock = self.lock().await;
        let Running { mut store, component } = self.instance().await?;
        let outcomes = component.lovely_session_key_value().call_write_many(&mut store, writes).await?;
        self.idle().push(Running { store, component });
        Ok(outcomes)
    }
}

type Entries = Result<Vec<Option<wit::Entry>>, wit::Error>;
type Outcomes = Result<Vec<wit::Outcome>, wit::Error>;

#[async_trait]
impl<T: Send + 'static> KeyValue for ComponentStore<T> {
    async fn get_many(
        &self,
        keys: Vec<String>,
        touch: Option<Lifetime>,
    ) -> Result<Vec<Option<Entry>>, Error> {
        let entries =
            self.read(&keys, touch.map(wit::Lifetime::from)).await.map_err(|trap| trapped(&trap))??;
        Ok(entries.into_iter().map(|entry| entry.map(Entry::from)).collect())
    }

    async fn write_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, Error> {
        let writes: Vec<_> = writes.into_iter().map(wit::Write::from).collect();
        let outcomes = self.write(&writes).await.map_err(|trap| trapped(&trap))??;
        Ok(outcomes.into_iter().map(Outcome::from).collect())
    }
}

fn trapped(trap: &wasmtime::Error) -> Error {
    Error::Other(format!("the component trapped: {trap:#}"))
}

impl<T> fmt::Debug for ComponentStore<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ComponentStore").finish_non_exhaustive()
    }
}

/// The state of an instance that imports only WASI 0.2. It has a network and an environment.
pub struct WasiState {
    wasi: WasiCtx,
    table: ResourceTable,
}

impl WasiState {
    /// A state with the network of this process, its standard error, and these environment variables.
    pub fn new(environment: &[(String, String)]) -> Self {
        let mut wasi = WasiCtx::builder();
        wasi.inherit_network().allow_tcp(true).allow_ip_name_lookup(true).inherit_stderr().envs(environment);
        Self { wasi: wasi.build(), table: ResourceTable::new() }
    }
}

impl fmt::Debug for WasiState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasiState").finish_non_exhaustive()
    }
}

impl WasiView for WasiState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl ComponentStore<WasiState> {
    /// A store of a component that imports only WASI 0.2; `bytes` is the content of its file. The component may use the
    /// network, and has these variables in its environment.
    ///
    /// # Errors
    ///
    /// When the file is not a component, or the component does not export the interface or imports something else.
    pub fn with_wasi(bytes: &[u8], environment: Vec<(String, String)>) -> Result<Self, ComponentError> {
        let engine = Engine::default();
        let component = Component::new(&engine, bytes).map_err(ComponentError::Invalid)?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).map_err(ComponentError::Unfit)?;
        Self::new(&component, &linker, move || WasiState::new(&environment))
    }
}

lovely_session_key_value::conversions!(wit);
