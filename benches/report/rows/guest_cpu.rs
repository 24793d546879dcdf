//! The processor time of a transaction, by the size of the record.

use crate::bench::{Bench, ONE_KILOBYTE};
use crate::calls::Shop;
use crate::clients::processor_time;
use crate::contender::{Contender, Pace, each_in_turns};
use crate::guest::{self, Relay, Shape};
use crate::native::HostStore;
use crate::row::{Figure, Goal, Row};
use crate::spread::Samples;

/// The records, with their names.
const SIZES: [(&str, u32); 5] =
    [("100 B", 100), ("1 KB", ONE_KILOBYTE), ("10 KB", 10_000), ("100 KB", 100_000), ("512 KB", 512_000)];

/// The sizes between which the cost should be flat, by their positions.
const FLAT: (usize, usize) = (1, 4);

const BEYOND: &str = "Processor time of one thread, on the store in memory, in a warm instance of the composed \
application: load, read and change one key of a package of 100 bytes, savepoint, commit. Subtracted is what the \
store takes: the same two calls with the same bytes from native code. What is left is both guests, the calls between \
them and the host, and copying the record in and out. The limit is what a relay takes beyond the store, which makes \
the same calls to it from an instance, and the same transaction in the core, compiled for this processor and called \
directly, beyond its store: as if the calls between the components were free, and WebAssembly as quick as native code.";

const RELAYED: &str = "What a transaction takes beyond an application that makes the same two calls to the store \
and copies the record once in between, as whoever changes it must: sessions alone, without moving bytes. The result \
is how much more that is at 512 KB than at 1 KB.";

/// The results at one size.
struct Size {
    name: &'static str,
    native: Samples,
    relay: Samples,
    ours: Samples,
    core: Samples,
    store_of_the_core: Samples,
}

pub fn measure(bench: &Bench) -> Vec<Row> {
    let pace = bench.pace.shorter(2);
    let sizes = SIZES.map(|(name, bytes)| measure_size(bench, pace, name, bytes));
    let mut rows: Vec<Row> = sizes.iter().map(beyond_the_store).collect();
    rows.push(flatness(&sizes[FLAT.0], &sizes[FLAT.1]));
    rows
}

fn measure_size(bench: &Bench, pace: Pace, name: &'static str, bytes: u32) -> Size {
    let ids = guest::ids(1);
    let store = bench.memory();
    let shape = Shape::of_size(bytes);
    bench.fill(&store, &ids, shape);
    let mut native = HostStore::new(&store, vec![guest::key(&ids[0])]);
    let mut relay = bench.workers.block_on(Relay::new(&bench.prepared, &store, &ids[0]));
    let mut ours = bench.warm_one(&store, &ids);
    let (mut core, mut store_of_the_core) = (Shop::of_shape(shape).visits(), Shop::of_shape(shape).relays());
    let contenders = [
        Contender::new(|time| processor_time(&bench.here, &mut native, time)),
        Contender::new(|time| processor_time(&bench.here, &mut relay, time)),
        Contender::new(|time| processor_time(&bench.here, &mut ours, time)),
        Contender::new(|time| core.microseconds(time)),
        Contender::new(|time| store_of_the_core.microseconds(time)),
    ];
    let [native, relay, ours, core, store_of_the_core] = each_in_turns(pace, contenders);
    Size { name, native, relay, ours, core, store_of_the_core }
}

fn beyond_the_store(size: &Size) -> Row {
    let core = size.core.minus(&size.store_of_the_core);
    let limit = size.relay.minus(&size.native).plus(&core);
    let figures = vec![
        Figure::new("store alone", size.native.spread(), "µs"),
        Figure::new("ours", size.ours.spread(), "µs"),
        Figure::new("relay", size.relay.spread(), "µs"),
        Figure::new("core, native", core.spread(), "µs"),
    ];
    let result = Figure::new("ours − store", size.ours.minus(&size.native).spread(), "µs");
    let row =
        Row::new(format!("guest CPU, {}", size.name), result, figures, BEYOND).with_limit(limit.spread());
    // For larger records, the bytes dominate the cost.
    if size.name == SIZES[FLAT.0].0 { row.with_goal(Goal::AtMost(5.0)) } else { row }
}

fn flatness(small: &Size, large: &Size) -> Row {
    let beyond = |size: &Size| size.ours.minus(&size.relay);
    let figure = |size: &Size| Figure::new(size.name, beyond(size).spread(), "µs");
    let result = Figure::new("512 KB ÷ 1 KB", beyond(large).over(&beyond(small)).spread(), "");
    Row::new("guest CPU without the bytes", result, vec![figure(small), figure(large)], RELAYED)
        .with_goal(Goal::AtMost(1.4))
}
