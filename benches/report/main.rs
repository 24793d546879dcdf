//! Measures what sessions cost, next to what nothing can do without, and reports it.
//!
//! `make bench` runs this. It starts memcached itself, measures everything in turns, prints a table, and writes
//! `target/bench/report.json`. Parts that were measured before, and are not measured now, stay in the report.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unreachable,
    clippy::unwrap_used,
    reason = "a bench whose work fails measures nothing"
)]

mod args;
mod bench;
mod clients;
mod contender;
mod cpu;
mod crowds;
mod docs;
mod growth;
mod guest;
mod load;
mod native;
mod others;
mod peers;
mod report;
mod row;
mod rows;
mod spread;
mod table;

use anyhow::Context;
use clap::Parser;
use mimalloc::MiMalloc;

use self::args::{Args, GROWTH};
use self::bench::Bench;
use self::report::{Measured, Part, Report, Taken};
use self::row::Row;
use self::rows::PARTS;

/// The allocator of `lovely-session serve`, for native clients as well.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let bench = Bench::new(args.pace())?;
    let mut report = Report::read(&args.report);
    let taken = Taken::now(bench.pace);
    if taken.is_busy() {
        eprintln!(
            "warning: other programs keep {:.1} processors busy; what needs two will look slow",
            taken.busy_processors
        );
    }
    let mut rows = Vec::new();
    for (name, part) in PARTS.iter().filter(|(name, _)| args.wants(name)) {
        rows.extend(measure(&mut report, &args, name, || Ok(part(&bench)))?);
    }
    if let Some(directory) = &args.peers {
        rows.extend(measure(&mut report, &args, "peers", || peers::measure(&bench, directory))?);
    }
    if args.wants(GROWTH) {
        grow(&mut report, &args, &bench)?;
    }
    if let Some(page) = args.page() {
        docs::update(page, &report)?;
    }
    if !rows.is_empty() {
        print!("{}", table::table(&rows));
    }
    println!("The report is in {}.", args.report.display());
    Ok(())
}

/// Measures a part, and puts it into the report.
fn measure(
    report: &mut Report,
    args: &Args,
    name: &str,
    part: impl FnOnce() -> anyhow::Result<Vec<Row>>,
) -> anyhow::Result<Vec<Row>> {
    eprintln!("==> {name}");
    let taken = Taken::now(args.pace());
    let rows = part()?;
    put(report, args, name, Part { taken, measured: Measured::Rows(rows.clone()) })?;
    Ok(rows)
}

/// Measures the growth, puts it into the report, and plots it.
fn grow(report: &mut Report, args: &Args, bench: &Bench) -> anyhow::Result<()> {
    eprintln!("==> growth");
    let taken = Taken::now(bench.pace);
    let part = Part { taken, measured: Measured::Growth(growth::measure(bench)) };
    put(report, args, GROWTH, part.clone())?;
    docs::draw(&args.report, &part)?;
    println!("The plot is in {}.", args.report.with_file_name(docs::PLOT).display());
    Ok(())
}

/// Puts a part into the report in the place of what was measured before.
fn put(report: &mut Report, args: &Args, name: &str, part: Part) -> anyhow::Result<()> {
    report.parts.insert(name.to_owned(), part);
    report.write(&args.report).with_context(|| format!("cannot write {}", args.report.display()))
}
