//! A store that is a component, in whatever language.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use lovely_session_key_value::{Entry, Error, KeyValue, Lifetime, Outcome, Write, async_trait};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::bindings::{StoreComponent, StoreComponentPre, exported_wit as wit};

/// Makes a store of a component that exports `lovely:session/key-value`.
///
/// Each call runs in an instance that no other call is in; instances are kept and used again, so calls at the
/// same time run in different ones, as those of different requests do. What a component keeps in memory is
/// therefore not shared, unless there is only [one instance](Self::in_one_instance). A call that traps is answered with [`Error::Other`], and its instance is given up. A
/// component that never ends a call is not interrupted.
pub struct ComponentStore<T: 'static> {
    component: StoreComponentPre<T>,
    new_state: Box<dyn Fn() -> T + Send + Sync>,
    idle: Mutex<Vec<Running<T>>>,
    /// Where there is one instance: who may use it.
    turn: Option<tokio::sync::Mutex<()>>,
}

/// Why a component cannot be used as a store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ComponentError {
    /// It is no component.
    #[error("it is not a WebAssembly component")]
    Invalid(#[source] wasmtime::Error),
    /// It does not export the interface, or imports what the linker does not have.
    #[error("it does not export `lovely:session/key-value@0.1.0`, or imports what is not there")]
    Unfit(#[source] wasmtime::Error),
}

/// An instance.
struct Running<T: 'static> {
    store: Store<T>,
    component: StoreComponent,
}

impl<T: Send + 'static> ComponentStore<T> {
    /// A store of this component, whose imports are in the linker. Each instance has a state of its own.
    ///
    /// # Errors
    ///
    /// When it does not export the interface, or imports what the linker does not have.
    pub fn new(
        component: &Component,
        linker: &Linker<T>,
        new_state: impl Fn() -> T + Send + Sync + 'static,
    ) -> Result<Self, ComponentError> {
        let component = linker.instantiate_pre(component).and_then(StoreComponentPre::new);
        let component = component.map_err(ComponentError::Unfit)?;
        Ok(Self { component, new_state: Box::new(new_state), idle: Mutex::default(), turn: None })
    }

    /// Has all calls run in the same instance, one after the other: for a component that keeps its entries in memory.
    #[must_use]
    pub fn in_one_instance(self) -> Self {
        Self { turn: Some(tokio::sync::Mutex::default()), ..self }
    }

    async fn turn(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        match &self.turn {
            Some(turn) => Some(turn.lock().await),
            None => None,
        }
    }

    /// Gives up the instances that are kept: the next calls run in fresh ones.
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
        let _turn = self.turn().await;
        let Running { mut store, component } = self.instance().await?;
        let entries = component.lovely_session_key_value().call_get_many(&mut store, keys, touch).await?;
        self.idle().push(Running { store, component });
        Ok(entries)
    }

    async fn write(&self, writes: &[wit::Write]) -> wasmtime::Result<Outcomes> {
        let _turn = self.turn().await;
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

/// What an instance has that imports nothing but WASI 0.2: the network, and an environment.
pub struct WasiState {
    wasi: WasiCtx,
    table: ResourceTable,
}

impl WasiState {
    /// The network of this process, and these variables.
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
    /// A store of a component, given as the bytes of its file, that imports nothing but WASI 0.2. It may use the
    /// network, and sees these variables in its environment.
    ///
    /// # Errors
    ///
    /// When it is no component, does not export the interface, or imports something else.
    pub fn with_wasi(bytes: &[u8], environment: Vec<(String, String)>) -> Result<Self, ComponentError> {
        let engine = Engine::default();
        let component = Component::new(&engine, bytes).map_err(ComponentError::Invalid)?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).map_err(ComponentError::Unfit)?;
        Self::new(&component, &linker, move || WasiState::new(&environment))
    }
}

lovely_session_key_value::conversions!(wit);
