//! wasmtime's `wasi:keyvalue@0.2.0-draft`: a map in memory, of which each instance has a copy.

use lovely_session_host::ComponentStore;
use wasmtime::Engine;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_keyvalue::{WasiKeyValue, WasiKeyValueCtx};

/// What an instance has.
pub struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    key_value: WasiKeyValueCtx,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// The store that the component in a file makes of it.
pub fn store(path: &str) -> ComponentStore<State> {
    let engine = Engine::default();
    let component = Component::from_file(&engine, path).unwrap();
    let mut linker = Linker::<State>::new(&engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
    wasmtime_wasi_keyvalue::add_to_linker(&mut linker, |state| {
        WasiKeyValue::new(&state.key_value, &mut state.table)
    })
    .unwrap();
    let new_state = || State {
        wasi: WasiCtx::builder().build(),
        table: ResourceTable::new(),
        key_value: WasiKeyValueCtx::builder().build(),
    };
    ComponentStore::new(&component, &linker, new_state).unwrap().in_one_instance()
}
