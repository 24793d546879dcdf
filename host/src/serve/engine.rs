//! The WebAssembly engine: pooled instances, and a clock that interrupts them.

use std::time::Duration;

use tokio::task::yield_now;
use wasmtime::{
    Config, Enabled, Engine, EngineWeak, InstanceAllocationStrategy, PoolingAllocationConfig, Store,
    UpdateDeadline,
};

use super::limits::Limits;
use super::state::RequestState;

/// What one request may need of each kind. A Rust application and the session
/// component have a memory each and few tables; applications of dynamic
/// languages consist of many core modules that share them.
const MEMORIES: u32 = 4;
const TABLES: u32 = 16;
const CORE_INSTANCES: u32 = 64;
const TABLE_ELEMENTS: usize = 50_000;

/// How long a guest computes before others get their turn, and so how exactly
/// time limits hold for a guest that does nothing but compute.
const TICK: Duration = Duration::from_millis(10);

/// How much of a memory, and of a table, stays with the process when its request is over, for the next
/// request to find in place: giving pages back to the system and getting others for them costs more than all
/// else that a fresh instance does. Only what was written is kept, and it is reset before anybody else sees it.
const KEPT_OF_A_MEMORY: usize = 4 << 20;
const KEPT_OF_A_TABLE: usize = 64 << 10;

/// Makes the engine that an [`Application`](super::Application) runs on, for hosts of your own that make instances as
/// quickly: with a pool that has room for as many requests as the limits allow.
///
/// Its epoch advances every 10 ms. A [`Store`] of yours sets an epoch deadline, and what happens at it: without one,
/// its guests are stopped at the first tick.
///
/// # Errors
///
/// Fails when the machine has not enough address space for the pool, or when it cannot start a thread.
pub fn pooled_engine(limits: &Limits) -> wasmtime::Result<Engine> {
    // Linux before 6.7, and some containers, cannot tell which pages were written. Then all would have to be
    // reset, written or not, and it costs less to give them back.
    let mut keeping = pool(limits);
    keeping.pagemap_scan(Enabled::Yes).linear_memory_keep_resident(KEPT_OF_A_MEMORY);
    let engine = engine(keeping).or_else(|_cannot_tell| engine(pool(limits)))?;
    start_ticking(engine.weak())?;
    Ok(engine)
}

fn engine(pool: PoolingAllocationConfig) -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config.epoch_interruption(true);
    Engine::new(&config)
}

fn pool(limits: &Limits) -> PoolingAllocationConfig {
    let requests = limits.concurrent_requests.max(1);
    let rooms = requests.saturating_add(spare(requests));
    // Instances are counted, and the count is exact; the others have slots that have to be found.
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(requests)
        .total_core_instances(requests.saturating_mul(CORE_INSTANCES))
        .max_core_instances_per_component(CORE_INSTANCES)
        .total_memories(rooms.saturating_mul(MEMORIES))
        .max_memories_per_component(MEMORIES)
        .max_memory_size(limits.memory)
        .total_tables(rooms.saturating_mul(TABLES))
        .max_tables_per_component(TABLES)
        .table_elements(TABLE_ELEMENTS)
        .table_keep_resident(KEPT_OF_A_TABLE)
        .total_stacks(requests.saturating_mul(2));
    pool
}

/// How many requests more than may run have room in the pools of memories and tables.
///
/// wasmtime divides a pool of 128 slots or more into a part for each processor, at most 16, and looks through them one
/// after the other. Meanwhile a slot can come free in a part that it has seen, and the last one of the next part be
/// taken: it finds none, and the request fails, though there was one all the time. That takes as many moves
/// during one look as there are slots to spare. A thread makes one at a time, so there is a request's room for each
/// of 16 threads, and an eighth more for a look that is interrupted. Stacks, of which a running request has
/// exactly one, are in a pool twice as large; they take little address space.
fn spare(requests: u32) -> u32 {
    requests.min(16).saturating_add(requests / 8)
}

/// Makes a guest give way to others at every tick, which is also when it can
/// be stopped.
pub(super) fn interrupt_at_ticks(store: &mut Store<RequestState>) {
    store.set_epoch_deadline(1);
    // Not wasmtime's own way to yield: that would queue the guest again at once,
    // and a few that only compute would keep the runtime from looking at
    // sockets and timers for more than half a second at a time.
    store.epoch_deadline_callback(|_| Ok(UpdateDeadline::YieldCustom(1, Box::pin(yield_now()))));
}

/// Ticks on a thread of its own: guests that only compute can occupy every
/// thread of the async runtime, and nothing there would ever interrupt them.
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
