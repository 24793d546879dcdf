//! What a request's transaction costs through the real component, on the store in memory, by the size of
//! the session's record.
//!
//! The transaction: load a session, read and change one key of one package, take a savepoint, commit.
//!
//! - `floor`: the two calls to the store that it makes, with the same bytes, from native code.
//! - `warm instance`: the transaction in an instance of the component that is there already.
//! - `fresh instance`: the transaction in an instance of its own, as `lovely-session serve` does it.
//! - `instance alone`: making such an instance and throwing it away.

#![allow(clippy::unwrap_used, reason = "a bench whose work fails measures nothing")]

mod guest;

use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::Criterion;
use lovely_session_core::store_key;
use lovely_session_host::{Change, Expectation, KeyValue, Lifetime, Memory, Outcome, Write};
use tokio::runtime::{Builder, Runtime};

use self::guest::{CONTAINER, Instance, Prepared};

const ID: &str = "visitor";

/// Records by their size: so many packages of so many bytes.
const SIZES: [(&str, usize, usize); 5] = [
    ("1 KB", 10, 100),
    ("10 KB", 100, 100),
    ("100 KB", 1000, 100),
    ("512 KB", 5120, 100),
    ("512 KB in few packages", 52, 10_000),
];

fn main() {
    let criterion = Criterion::default().warm_up_time(Duration::from_secs(1));
    let mut criterion =
        criterion.measurement_time(Duration::from_secs(3)).without_plots().configure_from_args();
    let runtime = Builder::new_current_thread().build().unwrap();
    let prepared = Prepared::new().unwrap();
    for (size, packages, bytes) in SIZES {
        let store: Arc<dyn KeyValue> = Arc::new(Memory::new());
        let mut instance = runtime.block_on(prepared.instance(&store)).unwrap();
        runtime.block_on(instance.fill(ID, packages, bytes)).unwrap();
        transactions(&mut criterion, &runtime, size, &prepared, &store, instance);
    }
    let store: Arc<dyn KeyValue> = Arc::new(Memory::new());
    measure(&mut criterion, &runtime, "instance alone", async || {
        drop(prepared.instance(&store).await.unwrap());
    });
    criterion.final_summary();
}

fn transactions(
    criterion: &mut Criterion,
    runtime: &Runtime,
    size: &str,
    prepared: &Prepared,
    store: &Arc<dyn KeyValue>,
    mut warm: Instance,
) {
    let key = store_key(CONTAINER, ID).unwrap();
    measure(criterion, runtime, &format!("floor/{size}"), async || load_and_store(&**store, &key).await);
    measure(criterion, runtime, &format!("warm instance/{size}"), async || {
        warm.transact(ID).await.unwrap();
    });
    measure(criterion, runtime, &format!("fresh instance/{size}"), async || {
        let mut fresh = prepared.instance(store).await.unwrap();
        fresh.transact(ID).await.unwrap();
    });
}

/// Measures work that awaits, without entering the runtime each time.
fn measure(criterion: &mut Criterion, runtime: &Runtime, name: &str, mut work: impl AsyncFnMut()) {
    criterion.bench_function(name, |bencher| {
        bencher.iter_custom(|times| {
            runtime.block_on(async {
                let begun = Instant::now();
                for _ in 0..times {
                    work().await;
                }
                begun.elapsed()
            })
        });
    });
}

/// What every transaction on a session asks of the store: one read and one write.
async fn load_and_store(store: &dyn KeyValue, key: &str) {
    let lifetime = Lifetime::Seconds(3600);
    let entries = store.get_many(vec![key.to_owned()], Some(lifetime)).await.unwrap();
    let entry = entries.into_iter().flatten().next().unwrap();
    let change = Change::Put { value: entry.value, lifetime };
    let write = Write { key: key.to_owned(), expects: Expectation::Version(entry.version), change };
    let outcomes = store.write_many(vec![write]).await.unwrap();
    assert!(matches!(outcomes[..], [Outcome::Applied(_)]));
}
