//! A host of `wasi:keyvalue@0.2.0-draft2`, for no crate has one: a bucket in memory that all instances share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use lovely_session_host::ComponentStore;
use wasmtime::Engine;
use wasmtime::component::{Component, HasSelf, Linker, Resource, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use self::bindings::wasi::keyvalue::{atomics, store as wit};

mod bindings {
    wasmtime::component::bindgen!({
        path: ["../wit", "../guest/kv-wasi-keyvalue/wit"],
        world: "lovely:kv-wasi-keyvalue/imports",
        imports: { default: trappable },
        with: {
            "wasi:keyvalue/store@0.2.0-draft2.bucket": super::Bucket,
            "wasi:keyvalue/atomics@0.2.0-draft2.cas": super::Cas,
        },
    });
}

/// The bucket "default" of a host.
#[derive(Clone, Default)]
pub struct Buckets(Arc<Mutex<HashMap<String, Vec<u8>>>>);

/// A handle of it.
pub struct Bucket;

/// A key, and how it was looked at.
pub struct Cas {
    key: String,
    seen: Option<Vec<u8>>,
}

/// What an instance has.
pub struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    buckets: Buckets,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// The store that the adapter makes of it.
pub fn store(buckets: &Buckets) -> ComponentStore<State> {
    let engine = Engine::default();
    let component = Component::from_file(&engine, env!("KV_WASI_KEYVALUE_WASM")).unwrap();
    let mut linker = Linker::<State>::new(&engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
    wit::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state).unwrap();
    atomics::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state).unwrap();
    let buckets = buckets.clone();
    let new_state = move || State {
        wasi: WasiCtx::builder().build(),
        table: ResourceTable::new(),
        buckets: buckets.clone(),
    };
    ComponentStore::new(&component, &linker, new_state).unwrap()
}

impl State {
    fn look(&self, key: &str) -> Option<Vec<u8>> {
        self.buckets.0.lock().unwrap().get(key).cloned()
    }

    fn cas(&mut self, key: String) -> wasmtime::Result<Resource<Cas>> {
        let seen = self.look(&key);
        Ok(self.table.push(Cas { key, seen })?)
    }
}

type Answer<T> = wasmtime::Result<Result<T, wit::Error>>;

impl wit::Host for State {
    fn open(&mut self, identifier: String) -> Answer<Resource<Bucket>> {
        match &*identifier {
            "default" => Ok(Ok(self.table.push(Bucket)?)),
            _ => Ok(Err(wit::Error::NoSuchStore)),
        }
    }
}

impl wit::HostBucket for State {
    fn get(&mut self, _: Resource<Bucket>, key: String) -> Answer<Option<Vec<u8>>> {
        Ok(Ok(self.look(&key)))
    }

    fn set(&mut self, _: Resource<Bucket>, key: String, value: Vec<u8>) -> Answer<()> {
        self.buckets.0.lock().unwrap().insert(key, value);
        Ok(Ok(()))
    }

    fn delete(&mut self, _: Resource<Bucket>, key: String) -> Answer<()> {
        self.buckets.0.lock().unwrap().remove(&key);
        Ok(Ok(()))
    }

    fn exists(&mut self, _: Resource<Bucket>, key: String) -> Answer<bool> {
        Ok(Ok(self.look(&key).is_some()))
    }

    fn list_keys(&mut self, _: Resource<Bucket>, _: Option<String>) -> Answer<wit::KeyResponse> {
        let keys = self.buckets.0.lock().unwrap().keys().cloned().collect();
        Ok(Ok(wit::KeyResponse { keys, cursor: None }))
    }

    fn drop(&mut self, bucket: Resource<Bucket>) -> wasmtime::Result<()> {
        self.table.delete(bucket)?;
        Ok(())
    }
}

impl atomics::Host for State {
    fn increment(&mut self, _: Resource<Bucket>, _: String, _: i64) -> Answer<i64> {
        Ok(Err(wit::Error::Other("nobody counts here".to_owned())))
    }

    fn swap(
        &mut self,
        cas: Resource<Cas>,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), atomics::CasError>> {
        let Cas { key, seen } = self.table.delete(cas)?;
        let mut entries = self.buckets.0.lock().unwrap();
        if entries.get(&key) == seen.as_ref() {
            entries.insert(key, value);
            return Ok(Ok(()));
        }
        drop(entries);
        Ok(Err(atomics::CasError::CasFailed(self.cas(key)?)))
    }
}

impl atomics::HostCas for State {
    fn new(&mut self, _: Resource<Bucket>, key: String) -> Answer<Resource<Cas>> {
        Ok(Ok(self.cas(key)?))
    }

    fn current(&mut self, cas: Resource<Cas>) -> Answer<Option<Vec<u8>>> {
        Ok(Ok(self.table.get(&cas)?.seen.clone()))
    }

    fn drop(&mut self, cas: Resource<Cas>) -> wasmtime::Result<()> {
        self.table.delete(cas)?;
        Ok(())
    }
}
