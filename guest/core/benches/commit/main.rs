//! The time that the core alone takes for transactions, by the size of the session's record.
//!
//! - `floor`: only the two calls to the store that a transaction makes, with the same bytes.
//! - `transaction`: load a session, read and change one key of one package, take a savepoint, commit. The time
//!   beyond the floor is spent in the core.
//! - `savepoint`: take a savepoint in a loaded session, and release it.
//! - `rollback`: roll back after a number of keys were changed; changing them is not measured.

#![allow(clippy::unwrap_used, reason = "a bench whose work fails measures nothing")]

mod world;

use std::hint::black_box;
use std::rc::Rc;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion};
use lovely_session_core::{Container, ContainerOptions, Error, Isolation, Session, Transaction, store_key};

use self::world::World;

const CONTAINER: &str = "bench";
const ID: &str = "visitor";
/// The package that transactions change; the others only make the record larger.
const PACKAGE: &str = "package 0";

/// Records by their size: the number of packages, and the bytes of each.
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
    floors(&mut criterion);
    transactions(&mut criterion);
    savepoints(&mut criterion);
    rollbacks(&mut criterion);
    criterion.final_summary();
}

fn floors(criterion: &mut Criterion) {
    let key = store_key(CONTAINER, ID).unwrap();
    let mut group = criterion.benchmark_group("floor");
    for (size, packages, bytes) in SIZES {
        let world = world_with(packages, bytes);
        group.bench_function(size, |bencher| bencher.iter(|| world.load_and_store(black_box(&key))));
    }
}

fn transactions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("transaction");
    for (size, packages, bytes) in SIZES {
        let world = world_with(packages, bytes);
        group.bench_function(size, |bencher| bencher.iter(|| transact(&world).unwrap()));
    }
}

fn savepoints(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("savepoint");
    for (size, packages, bytes) in SIZES {
        let world = world_with(packages, bytes);
        let transaction = begin(&world);
        let session = session(&transaction).unwrap();
        count(&session).unwrap();
        group.bench_function(size, |bencher| {
            bencher.iter(|| transaction.savepoint().and_then(|savepoint| savepoint.release()).unwrap());
        });
    }
}

fn rollbacks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rollback");
    for changes in [1, 100] {
        let keys: Vec<String> = (0..changes).map(|number| format!("key {number}")).collect();
        for (size, packages, bytes) in SIZES {
            let world = world_with(packages, bytes);
            let transaction = begin(&world);
            let package = session(&transaction).unwrap().package(PACKAGE).unwrap();
            let savepoint = transaction.savepoint().unwrap();
            let change = || keys.iter().for_each(|key| package.set(key, "1").unwrap());
            group.bench_function(BenchmarkId::new(changes.to_string(), size), |bencher| {
                bencher.iter_batched(change, |()| savepoint.rollback().unwrap(), BatchSize::PerIteration);
            });
        }
    }
}

/// A world with a session of this number of packages, each of `bytes`, except for the one that is changed.
fn world_with(packages: usize, bytes: usize) -> Rc<World> {
    let world = Rc::new(World::default());
    let transaction = begin(&world);
    let session = session(&transaction).unwrap();
    for number in 0..packages {
        let package = session.package(&format!("package {number}")).unwrap();
        let text = text(if number == 0 { 100 } else { bytes });
        package.update(&[("count", "1"), ("text", &text)]).unwrap();
    }
    transaction.commit().unwrap();
    world
}

/// A JSON text that fills a package up to this number of bytes.
fn text(bytes: usize) -> String {
    let others = r#"{"count":1,"text":""}"#.len();
    format!("\"{}\"", "x".repeat(bytes - others))
}

fn begin(world: &Rc<World>) -> Transaction<World> {
    Transaction::begin(Rc::clone(world), Isolation::Serializable)
}

fn session(transaction: &Transaction<World>) -> Result<Session<World>, Error> {
    Container::open(CONTAINER, ContainerOptions::default())?.session(transaction, ID)
}

fn transact(world: &Rc<World>) -> Result<(), Error> {
    let transaction = begin(world);
    count(&session(&transaction)?)?;
    black_box(transaction.savepoint()?);
    transaction.commit()
}

/// Reads one key and changes it.
fn count(session: &Session<World>) -> Result<(), Error> {
    let package = session.package(PACKAGE)?;
    let before: u64 = package.get("count")?.and_then(|json| json.parse().ok()).unwrap_or(0);
    package.set("count", &(before + 1).to_string())
}
