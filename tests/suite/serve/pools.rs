//! The pools that instances come from.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lovely_session_host::serve::{Limits, pooled_engine};
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, yield_now};
use wasmtime::{Engine, Instance, Module, Store};

use super::running::limits;

/// From so many requests at a time on, wasmtime's pools of stacks have several parts, one for each processor.
const PLACES: u32 = 128;

/// How many want a place.
const CLIENTS: u32 = 2 * PLACES;

/// For how long they come and go.
const LONG_ENOUGH: Duration = Duration::from_secs(3);

/// A module with a table, a memory, and a function `f` that does nothing.
const MODULE: &[u8] = b"\0asm\x01\0\0\0\
    \x01\x04\x01\x60\0\0\
    \x03\x02\x01\0\
    \x04\x04\x01\x70\0\x01\
    \x05\x03\x01\0\x01\
    \x07\x05\x01\x01f\0\0\
    \x0a\x04\x01\x02\0\x0b";

/// How many instances of the module use all the memories of a request.
const FULL: usize = 4;

/// Uses a stack and so many instances, until others had their turn.
async fn use_pools(engine: &Engine, module: &Module, instances: usize) -> wasmtime::Result<()> {
    let mut store = Store::new(engine, ());
    store.set_epoch_deadline(1_000_000);
    for _ in 0..instances {
        let instance = Instance::new_async(&mut store, module, &[]).await?;
        instance.get_typed_func::<(), ()>(&mut store, "f")?.call_async(&mut store, ()).await?;
    }
    yield_now().await;
    Ok(())
}

/// Lets many come and go, of whom no more than may are there at a time.
async fn crowd(instances: usize) {
    let engine = pooled_engine(&Limits { concurrent_requests: PLACES, ..limits() }).unwrap();
    let module = Module::new(&engine, MODULE).unwrap();
    let places = Arc::new(Semaphore::new(PLACES as usize));
    let end = Instant::now() + LONG_ENOUGH;
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (engine, module, places) = (engine.clone(), module.clone(), places.clone());
        clients.spawn(async move {
            while Instant::now() < end {
                let _place = places.acquire().await.unwrap();
                use_pools(&engine, &module, instances).await.unwrap();
            }
        });
    }
    while let Some(done) = clients.join_next().await {
        done.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 16)]
async fn whoever_has_a_place_finds_a_stack() {
    crowd(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 16)]
async fn whoever_has_a_place_finds_all_the_memories_that_it_may_have() {
    crowd(FULL).await;
}
