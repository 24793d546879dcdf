//! The pools of instances.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lovely_session_host::serve::{Limits, pooled_engine};
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, yield_now};
use wasmtime::{Engine, Instance, Module, Store};

use super::running::limits;

/// With this number of requests or more, wasmtime's pools of stacks have several parts, one for each processor.
const SLOTS: u32 = 128;

/// The number of clients that want a slot.
const CLIENTS: u32 = 2 * SLOTS;

/// How long they take slots and release them.
const LONG_ENOUGH: Duration = Duration::from_secs(3);

/// A module with a table, a memory, and a function `f` that does nothing.
const MODULE: &[u8] = b"\0asm\x01\0\0\0\
    \x01\x04\x01\x60\0\0\
    \x03\x02\x01\0\
    \x04\x04\x01\x70\0\x01\
    \x05\x03\x01\0\x01\
    \x07\x05\x01\x01f\0\0\
    \x0a\x04\x01\x02\0\x0b";

/// The number of instances of the module that use all memories of a request.
const FULL: usize = 4;

/// Uses a stack and `instances` instances, and yields once.
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

/// Runs clients, of which at most as many as there are slots use the pools concurrently.
async fn crowd(instances: usize) {
    let engine = pooled_engine(&Limits { concurrent_requests: SLOTS, ..limits() }).unwrap();
    let module = Module::new(&engine, MODULE).unwrap();
    let slots = Arc::new(Semaphore::new(SLOTS as usize));
    let end = Instant::now() + LONG_ENOUGH;
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (engine, module, slots) = (engine.clone(), module.clone(), slots.clone());
        clients.spawn(async move {
            while Instant::now() < end {
                let _place = slots.acquire().await.unwrap();
                use_pools(&engine, &module, instances).await.unwrap();
            }
        });
    }
    while let Some(done) = clients.join_next().await {
        done.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 16)]
async fn a_request_with_a_slot_gets_a_stack() {
    crowd(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 16)]
async fn a_request_with_a_slot_gets_all_its_memories() {
    crowd(FULL).await;
}
