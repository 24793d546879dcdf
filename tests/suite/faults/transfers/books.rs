//! The results of the clients' transactions, and their comparison with what is stored.

use std::collections::BTreeMap;
use std::fmt;

use lovely_session_tests::app::{App, Error};

use super::client::audit_id;
use super::generation::{Generation, Moves};
use super::{ACCOUNTS, Bank, CLIENTS, TOTAL, begin};
use crate::faults::accounts::{OPENING, add, balance};

/// The most attempts of a transaction without concurrent ones.
const ATTEMPTS: usize = 3;

/// What a client tried to transfer.
pub struct Transfer {
    pub generation: usize,
    pub name: String,
    /// The amount that each account gets, by its number.
    pub amounts: Vec<(usize, i64)>,
}

/// The result of the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    Done,
    Refused,
    /// The result is not known.
    Unknown,
}

/// The results of some clients' transactions.
#[derive(Default)]
pub struct Books {
    pub transfers: Vec<(Transfer, End)>,
    /// The number of committed transactions that had read all accounts.
    pub whole_reads: usize,
    pub refused_reads: usize,
    /// The number of transactions that did not find an account: it had moved, or a server had died.
    pub absent: usize,
    pub renewals: usize,
    pub logouts: usize,
    /// The number of clients that died.
    pub dead: usize,
}

impl fmt::Debug for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut ends = BTreeMap::new();
        for (_, end) in &self.transfers {
            *ends.entry(end).or_insert(0) += 1;
        }
        let Self { whole_reads, refused_reads, absent, renewals, logouts, dead, .. } = self;
        write!(f, "transfers {ends:?}, reads of all accounts {whole_reads}, refused {refused_reads}, ")?;
        write!(f, "absent {absent}, renewals {renewals}, logouts {logouts}, dead clients {dead}")
    }
}

/// The amounts in the log of one account, by the name of the transfer.
type Log = BTreeMap<String, i64>;

impl Books {
    pub fn append(&mut self, mut other: Self) {
        self.transfers.append(&mut other.transfers);
        self.whole_reads += other.whole_reads;
        self.refused_reads += other.refused_reads;
        self.absent += other.absent;
        self.renewals += other.renewals;
        self.logouts += other.logouts;
        self.dead += other.dead;
    }

    /// Whether enough happened for a meaningful check.
    pub fn prove_something(&self, moves: Moves) -> bool {
        let done = self.transfers.iter().filter(|(_, end)| *end == End::Done).count();
        let moved = moves == Moves::No || self.renewals > 0 && self.logouts > 0;
        done > CLIENTS && self.whole_reads > 0 && self.dead > 0 && moved
    }

    /// Compares what is stored, after the faults, with the results of the transactions.
    pub async fn check(&self, bank: &Bank) {
        let generation = bank.generation();
        let mut app = bank.trouble.calm().await.app().await;
        let stored = logs(&mut app, &generation).await;
        let of_now = |(transfer, _): &&(Transfer, End)| transfer.generation == generation.number;
        for (Transfer { name, amounts, .. }, end) in self.transfers.iter().filter(of_now) {
            let logged = |(number, amount): &(usize, i64)| stored[*number].get(name) == Some(amount);
            let (all, any) = (amounts.iter().all(logged), amounts.iter().any(logged));
            assert_eq!(all, any, "{name}, {end:?}: a part of {amounts:?} is stored");
            assert!(all || *end != End::Done, "{name}: {amounts:?} was acknowledged and is lost");
            assert!(!any || *end != End::Refused, "{name}: {amounts:?} was refused and is stored");
        }
        check_audits(&mut app).await;
        transfer_between_all(&mut app, &generation).await;
        logs(&mut app, &generation).await;
    }
}

/// The logs of all accounts. Checks that the balances agree with them and have the right sum.
async fn logs(app: &mut App, generation: &Generation) -> Vec<Log> {
    let (container, tx) = begin(app).await;
    let (mut logs, mut sum) = (Vec::new(), 0);
    for (number, account) in generation.accounts(app, container, tx).await.into_iter().enumerate() {
        let log = app.package(account, "log").await.unwrap();
        let entries = app.entries(log).await.unwrap().into_iter();
        let log: Log = entries.map(|(name, amount)| (name, amount.parse().unwrap())).collect();
        let balance = balance(app, account).await.unwrap();
        assert_eq!(balance, OPENING + log.values().sum::<i64>(), "{number}: the balance and the log differ");
        sum += balance;
        logs.push(log);
    }
    app.commit(tx).await.unwrap();
    assert_eq!(sum, TOTAL, "the sum of all accounts in the end");
    logs
}

/// Checks that every noted sum is the right one, also if it is not known whether the transaction committed.
async fn check_audits(app: &mut App) {
    let (container, tx) = begin(app).await;
    for client in 0..CLIENTS {
        let Some(audit) = app.resume(container, tx, &audit_id(client)).await.unwrap() else { continue };
        let data = app.package(audit, "p").await.unwrap();
        for (_, sum) in app.entries(data).await.unwrap() {
            assert_eq!(sum, TOTAL.to_string(), "a sum that client {client} noted");
        }
    }
}

/// Checks that every account can be used, whatever dead clients left in it.
async fn transfer_between_all(app: &mut App, generation: &Generation) {
    for _ in 0..ATTEMPTS {
        let (container, tx) = begin(app).await;
        for (position, account) in generation.accounts(app, container, tx).await.into_iter().enumerate() {
            let others = ACCOUNTS as i64 - 1;
            let amount = if position == 0 { -others } else { 1 };
            add(app, account, amount).await.unwrap();
            let log = app.package(account, "log").await.unwrap();
            app.set(log, "last", &amount.to_string()).await.unwrap();
        }
        match app.commit(tx).await {
            Ok(()) => return,
            Err(Error::Conflict(_)) => {}
            Err(error) => panic!("nothing explains {error:?}"),
        }
    }
    panic!("the accounts cannot be used");
}
