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
mod growth;
mod guest;
mod load;
mod native;
mod peers;
mod report;
mod row;
mod rows;
mod spread;
mod table;

use std::fs;

use anyhow::Context;
use clap::Parser;

use self::args::Args;
use self::bench::Bench;
use self::report::{Measured, Report, Taken};
use self::row::Row;
use self::rows::PARTS;

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let bench = Bench::new(args.pace())?;
    let mut report = Report::read(&args.report);
    let taken = Taken::now(bench.pace);
    if taken.is_busy() {
        eprintln!(
            "warning: the machine is busy (load {}); what needs two processors will look slow",
            taken.load
        );
    }
    let mut rows = Vec::new();
    for (name, part) in PARTS.iter().filter(|(name, _)| args.wants(name)) {
        eprintln!("==> {name}");
        rows.extend(measured(&mut report, name, part(&bench), &bench)?);
    }
    if let Some(directory) = &args.peers {
        eprintln!("==> peers");
        rows.extend(measured(&mut report, "peers", peers::measure(&bench, directory)?, &bench)?);
    }
    if args.wants("growth") {
        eprintln!("==> growth");
        grow(&mut report, &args, &bench)?;
    }
    report.write(&args.report).with_context(|| format!("cannot write {}", args.report.display()))?;
    print!("{}", table::table(&rows));
    println!("The report is in {}.", args.report.display());
    Ok(())
}

/// Puts rows into the report.
fn measured(report: &mut Report, name: &str, rows: Vec<Row>, bench: &Bench) -> anyhow::Result<Vec<Row>> {
    report.put(name, Taken::now(bench.pace), Measured::Rows(rows.clone()))?;
    Ok(rows)
}

fn grow(report: &mut Report, args: &Args, bench: &Bench) -> anyhow::Result<()> {
    let growth = growth::measure(bench);
    let taken = Taken::now(bench.pace);
    let caption = format!(
        "Medians of {} rounds on {} processors,\nquartiles as vertical lines.\nBoth scales are logarithmic.",
        taken.rounds, taken.processors
    );
    let plot = growth::plot(&growth, &caption);
    report.put("growth", taken, Measured::Growth(growth))?;
    let path = args.plot();
    fs::create_dir_all(path.parent().unwrap_or(&path))?;
    fs::write(&path, plot).with_context(|| format!("cannot write {}", path.display()))?;
    println!("The plot is in {}.", path.display());
    Ok(())
}
