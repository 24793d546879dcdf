//! Work that loses races.

use std::time::Duration;

use lovely_session::{
    Container, ContainerOptions, Error, Isolation, Package, TransactOptions, Transaction, transact,
    transact_with,
};

use crate::Answer;

/// Increments a counter. In each of the first `rivals` runs, a rival does the same first.
pub fn count(rivals: u32) -> Result<Answer, Error> {
    let mut runs = 0;
    let counted = transact(|transaction| count_with_a_rival(transaction, &mut runs, rivals));
    describe(counted, runs)
}

/// The same as `count`, with a rival in every run, and with `patience` in milliseconds.
pub fn count_against_all(patience: u64) -> Result<Answer, Error> {
    let options = TransactOptions { patience: Duration::from_millis(patience), ..TransactOptions::DEFAULT };
    let mut runs = 0;
    let counted = transact_with(options, |transaction| count_with_a_rival(transaction, &mut runs, u32::MAX));
    describe(counted, runs)
}

/// The same as `count`, at the level where the last writer wins.
pub fn count_blindly(rivals: u32) -> Result<Answer, Error> {
    let options = TransactOptions { isolation: Isolation::LastWriterWins, ..TransactOptions::DEFAULT };
    let mut runs = 0;
    let counted = transact_with(options, |transaction| count_with_a_rival(transaction, &mut runs, rivals));
    describe(counted, runs)
}

fn count_with_a_rival(transaction: &Transaction, runs: &mut u32, rivals: u32) -> Result<u32, Error> {
    *runs += 1;
    let counter = counter(transaction)?;
    let count = counter.get("count")?.unwrap_or(0) + 1;
    if *runs <= rivals {
        let rival = Transaction::begin();
        self::counter(&rival)?.set("count", &count)?;
        rival.commit()?;
    }
    counter.set("count", &count)?;
    Ok(count)
}

fn counter(transaction: &Transaction) -> Result<Package, Error> {
    Container::open("runs", ContainerOptions::DEFAULT)?.session(transaction, "counter")?.package("counter")
}

fn describe(counted: Result<u32, Error>, runs: u32) -> Result<Answer, Error> {
    let end = match counted {
        Ok(count) => format!("counted {count}"),
        Err(Error::Conflict(conflicts)) => {
            let keys: Vec<_> = conflicts.into_iter().filter_map(|conflict| conflict.key).collect();
            format!("conflict on {}", keys.join(", "))
        }
        Err(Error::OutcomeUnknown(sessions)) => format!("outcome unknown of {}", sessions.len()),
        Err(other) => return Err(other),
    };
    Ok(format!("{end} after {runs} runs").into())
}
