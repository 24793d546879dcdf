//! Measures the cost of sessions, and compares it with native clients.
//!
//! `make bench` runs this. It starts memcached, measures everything alternately, prints a table, and writes
//! `target/bench/report.json`. Parts that were measured before and are not measured now stay in the report.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unreachable,
    clippy::unwrap_used,
    reason = "a bench whose work fails measures nothing"
)]

mod args;
mod async_host;
mod awake;
mod bench;
mod busy;
mod calls;
mod clients;
mod contender;
mod cpu;
mod crowds;
mod distance;
mod docs;
mod growth;
mod guest;
mod load;
mod loads;
mod native;
mod others;
mod peers;
mod plot;
mod punctual;
mod report;
mod resident;
mod row;
mod rows;
mod spread;
mod table;

use anyhow::Context;
use clap::Parser;
use mimalloc::MiMalloc;

use self::args::{Args, CALLS, GROWTH};
use self::async_host::ASYNC_HOST;
use self::bench::Bench;
use self::contender::Pace;
use self::growth::Growth;
use self::peers::Compared;
use self::report::{Measured, Part, Report, Taken};
use self::row::Row;
use self::rows::PARTS;

/// The allocator of `lovely-session serve`, for native clients as well.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if let Some(concurrency) = args.as_host {
        return async_host::serve(concurrency);
    }
    let mut bench = Bench::new(args.pace())?;
    let mut report = Report::read(&args.report);
    let taken = Taken::now(bench.pace);
    if taken.is_busy() {
        eprintln!(
            "warning: other programs keep {:.1} processors busy; what needs two will look slow",
            taken.busy_processors
        );
    }
    let rows = rows(&mut report, &args, &mut bench)?;
    if args.wants(GROWTH) {
        bench.pace = args.pace();
        grow(&mut report, &args, &bench)?;
    }
    if args.wants(CALLS) {
        bench.pace = args.pace();
        call(&mut report, &args, &bench)?;
    }
    docs::draw_rows(&args.report, &report)?;
    if let Some(page) = args.page() {
        docs::update(page, &report)?;
    }
    if !rows.is_empty() {
        print!("{}", table::table(&rows));
    }
    println!("The report is in {}, with its plots beside it.", args.report.display());
    Ok(())
}

/// Measures the parts with rows.
fn rows(report: &mut Report, args: &Args, bench: &mut Bench) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (name, pace, part) in PARTS.iter().filter(|(name, ..)| args.wants(name)) {
        bench.pace = pace(args.pace());
        rows.extend(measure(report, args, bench.pace, name, || Ok(part(bench)))?);
    }
    if let Some(program) = args.async_host.as_ref().filter(|_| args.wants(ASYNC_HOST)) {
        let pace = args.pace();
        rows.extend(measure(report, args, pace, ASYNC_HOST, || async_host::measure(pace, program))?);
    }
    if let Some(directory) = &args.peers {
        for (name, pace, part) in peers::PARTS.iter().filter(|(name, ..)| args.wants_peers(name)) {
            bench.pace = pace(args.pace());
            rows.extend(compare(report, args, bench.pace, name, || part(bench, directory))?);
        }
    }
    Ok(rows)
}

/// Measures a part, and puts it into the report.
fn measure(
    report: &mut Report,
    args: &Args,
    pace: Pace,
    name: &str,
    part: impl FnOnce() -> anyhow::Result<Vec<Row>>,
) -> anyhow::Result<Vec<Row>> {
    eprintln!("==> {name}");
    let taken = Taken::now(pace);
    let rows = part()?;
    put(report, args, name, Part { taken, measured: Measured::Rows(rows.clone()) })?;
    Ok(rows)
}

/// Measures a part with peers, puts it into the report, and draws its plot.
fn compare(
    report: &mut Report,
    args: &Args,
    pace: Pace,
    name: &str,
    part: impl FnOnce() -> anyhow::Result<Compared>,
) -> anyhow::Result<Vec<Row>> {
    let taken = Taken::now(pace);
    let mut plotted = None;
    let rows = measure(report, args, pace, name, || {
        let compared = part()?;
        plotted = compared.plot;
        Ok(compared.rows)
    })?;
    if let Some((name, growth)) = plotted {
        plot(report, args, name, taken, growth)?;
    }
    Ok(rows)
}

/// Measures the growth, and plots it.
fn grow(report: &mut Report, args: &Args, bench: &Bench) -> anyhow::Result<()> {
    eprintln!("==> growth");
    let taken = Taken::now(bench.pace);
    plot(report, args, GROWTH, taken, growth::measure(bench))
}

/// Measures the calls of the core.
fn call(report: &mut Report, args: &Args, bench: &Bench) -> anyhow::Result<()> {
    eprintln!("==> calls");
    let taken = Taken::now(bench.pace);
    let costs = calls::measure(bench);
    print!("{}", calls::table(&costs));
    put(report, args, CALLS, Part { taken, measured: Measured::Calls(costs) })
}

/// Puts a growth into the report, and draws it next to that.
fn plot(
    report: &mut Report,
    args: &Args,
    name: &str,
    taken: Taken,
    growth: Vec<Growth>,
) -> anyhow::Result<()> {
    let path = docs::draw(&args.report, name, &growth, &taken)?;
    println!("The plot is in {}.", path.display());
    put(report, args, name, Part { taken, measured: Measured::Growth(growth) })
}

/// Puts a part into the report, and replaces the earlier one.
fn put(report: &mut Report, args: &Args, name: &str, part: Part) -> anyhow::Result<()> {
    report.parts.insert(name.to_owned(), part);
    report.write(&args.report).with_context(|| format!("cannot write {}", args.report.display()))
}
