//! The WebAssembly engine: pooled instances, and a thread that interrupts them.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::yield_now;
use wasmtime::{
    Config, Enabled, Engine, EngineWeak, InstanceAllocationStrategy, PoolingAllocationConfig, Store,
    UpdateDeadline,
};

use super::limits::Limits;
use super::run::Progress;

/// The limits for one request. A Rust application and the session component have
/// one memory each and few tables; applications in dynamic languages consist of
/// many core modules that share them.
const MEMORIES: u32 = 4;
const TABLES: u32 = 16;
const CORE_INSTANCES: u32 = 64;
const TABLE_ELEMENTS: usize = 50_000;

/// How long a guest computes before it yields. Time limits are exact to this for a
/// guest that only computes.
const TICK: Duration = Duration::from_millis(10);

/// The bytes of a memory, and of a table, that stay resident after a request, for the next request: returning
/// pages to the system and getting new ones costs more than everything else in making an instance. Only pages
/// that were written are kept, and they are reset before another request uses them.
const KEPT_OF_A_MEMORY: usize = 4 << 20;
const KEPT_OF_A_TABLE: usize = 64 << 10;

/// Makes an engine like that of an [`Application`](super::Application), for hosts that make many instances: it has a
/// pool for as many requests as [`Limits::concurrent_requests`].
///
/// It does not support concurrency inside components ([`Config::concurrency_support`]), which these would pay for
/// without using it.
///
/// The epoch of the engine advances every 10 ms. Set an epoch deadline on each [`Store`]; without one, its guests trap
/// at the first tick.
///
/// # Errors
///
/// Fails when there is not enough address space for the pool (allow fewer concurrent requests, or less memory for
/// each), or when no thread can be started.
pub fn pooled_engine(limits: &Limits) -> wasmtime::Result<Engine> {
    // Linux before 6.7, and some containers, cannot tell which pages were written. All pages would have to be
    // reset there, and returning them to the system costs less.
    let mut keeping = pool(limits);
    keeping.pagemap_scan(Enabled::Yes).linear_memory_keep_resident(KEPT_OF_A_MEMORY);
    let engine = engine(keeping).or_else(|_unsupported| engine(pool(limits)))?;
    start_ticking(engine.weak())?;
    Ok(engine)
}

fn engine(pool: PoolingAllocationConfig) -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config.epoch_interruption(true);
    // Applications have WASI 0.2, which has no concurrent functions. Where a program has compiled in wasmtime's feature
    // `component-model-async`, each call between components would cost more.
    config.concurrency_support(false);
    Engine::new(&config)
}

fn pool(limits: &Limits) -> PoolingAllocationConfig {
    let requests = limits.concurrent_requests.max(1);
    let slots = requests.saturating_add(spare(requests));
    // wasmtime counts instances exactly, but has to find free slots for the others; see `spare`.
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(requests)
        .total_core_instances(requests.saturating_mul(CORE_INSTANCES))
        .max_core_instances_per_component(CORE_INSTANCES)
        .total_memories(slots.saturating_mul(MEMORIES))
        .max_memories_per_component(MEMORIES)
        .max_memory_size(limits.memory)
        .total_tables(slots.saturating_mul(TABLES))
        .max_tables_per_component(TABLES)
        .table_elements(TABLE_ELEMENTS)
        .table_keep_resident(KEPT_OF_A_TABLE)
        .total_stacks(requests.saturating_mul(2));
    pool
}

/// The number of requests whose memories and tables fit the pools in addition to those that may run.
///
/// wasmtime divides a pool of 128 slots or more into a part for each processor, at most 16, and searches the parts one
/// after the other. During a search, a slot can become free in a part that was searched already while the last one of
/// the next part is taken. The search then finds none and the request fails, though there was a free slot all the time.
/// That takes as many such moves during one search as there are spare slots. A thread makes one move at a time, so
/// there are the slots of one request for each of 16 threads, and an eighth more for a search that is interrupted. A
/// running request has exactly one stack; the pool of stacks is twice as large, because they take little address space.
fn spare(requests: u32) -> u32 {
    requests.min(16).saturating_add(requests / 8)
}

/// Makes a guest yield at every tick. It can be stopped then. From the second tick on, it computes: the first one may
/// come at any moment.
pub(super) fn interrupt_at_ticks<T: 'static>(store: &mut Store<T>, progress: Arc<Progress>) {
    store.set_epoch_deadline(1);
    let mut has_seen_one = false;
    store.epoch_deadline_callback(move |_| {
        if std::mem::replace(&mut has_seen_one, true) {
            progress.compute();
        }
        // wasmtime's own yield would queue the guest again at once. A few guests that
        // only compute would then keep the runtime from its sockets and timers for more
        // than half a second at a time.
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(yield_now())))
    });
}

/// Ticks on a separate thread: guests that only compute can occupy every thread of
/// the async runtime, so nothing there could interrupt them.
fn start_ticking(engine: EngineWeak) -> std::io::Result<()> {
    let tick = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    };
    std::thread::Builder::new().name("ticks".to_owned()).spawn(tick)?;
    Ok(())
}
