//! Checks what many clients saw of a few hot sessions on a real memcached: whether their transactions could have run
//! one after another.
//!
//! The same load runs at every isolation level. At the weaker levels the checker must find the anomalies that they
//! allow, which shows that it can find them.

use std::collections::BTreeMap;
use std::env;
use std::time::{Duration, Instant};

use lovely_session_host::TurnsOptions;
use lovely_session_tests::app::{App, Container, Isolation, Package, Tx};
use lovely_session_tests::history::{Evidence, Phenomenon, Transaction, check};
use lovely_session_tests::random::Random;
use lovely_session_tests::world::World;

use self::load::{Counts, Load, Recording, SESSIONS};

mod appends;
mod at_random;
mod by_hand;
mod lists;
mod load;
mod totals;

/// The seconds for which the load runs at each level, unless the environment sets another number.
const SECONDS: u64 = 2;

/// The variable with another number of seconds.
const SECONDS_VARIABLE: &str = "LOVELY_SOAK_SECONDS";

/// The duration of the load on the same sessions. A history is checked as a whole, so it must not be too long.
const ROUND: Duration = Duration::from_millis(500);

/// The most commits until every required anomaly has been found. The rarest one, read skew, is in one of some 2,500
/// commits. A number of rounds would not do as the limit: on a busy machine, a round has few commits.
const MAX_COMMITS: u64 = 100_000;

/// The duration of a load that must have no anomaly.
fn duration() -> Duration {
    let seconds = match env::var(SECONDS_VARIABLE) {
        Ok(seconds) => seconds.parse().expect("LOVELY_SOAK_SECONDS is a number of seconds"),
        Err(_) => SECONDS,
    };
    Duration::from_secs(seconds)
}

/// The anomalies that an isolation level allows.
#[derive(Clone, Copy, Default)]
struct Allowed {
    /// Between transactions over several sessions.
    overall: &'static [Phenomenon],
    /// Within one session.
    in_one_session: &'static [Phenomenon],
}

/// Rounds of a load at one isolation level, and the anomalies in them.
struct Rounds {
    /// The name of the load, for output.
    name: String,
    random: Random,
    counts: Counts,
    evidence: Evidence,
    found: BTreeMap<Phenomenon, usize>,
}

impl Rounds {
    fn new(name: String) -> Self {
        let (counts, evidence) = (Counts::default(), Evidence::default());
        Self { name, random: Random::from_time(), counts, evidence, found: BTreeMap::new() }
    }

    /// The seed of the next round.
    fn seed(&mut self) -> u64 {
        let seed = self.random.number();
        println!("{}: seed {seed}", self.name);
        seed
    }

    /// Checks a round, and fails if it has an anomaly that is not allowed.
    fn check(&mut self, recording: &Recording, sessions: usize, allowed: Allowed) {
        self.counts += recording.counts;
        for session in 0..sessions {
            let prefix = format!("{session}/");
            let part = recording.history.iter().filter_map(|transaction| transaction.within(&prefix));
            self.check_history(&part.collect::<Vec<_>>(), allowed.in_one_session);
        }
        let evidence = self.check_history(&recording.history, allowed.overall);
        self.evidence += evidence;
    }

    fn check_history(&mut self, history: &[Transaction], allowed: &[Phenomenon]) -> Evidence {
        let mut report = check(history);
        for anomaly in &report.anomalies {
            *self.found.entry(anomaly.phenomenon).or_default() += 1;
        }
        report.anomalies.retain(|anomaly| !allowed.contains(&anomaly.phenomenon));
        assert!(report.anomalies.is_empty(), "{}:\n{report}", self.name);
        report.evidence
    }

    fn print(&self) {
        println!("{}: {}; {}", self.name, self.counts, self.evidence);
        for (phenomenon, count) in &self.found {
            println!("  {count} x {phenomenon}");
        }
        // Without conflicts the check would not be meaningful.
        assert!(self.evidence.read_write > 0 && self.evidence.write_read > 0, "{}", self.evidence);
    }
}

/// Rounds of reads and writes.
struct Registers {
    world: World,
    load: Load,
    rounds: Rounds,
}

impl Registers {
    async fn start(load: Load) -> Self {
        Self { world: World::memcached().await, load, rounds: Rounds::new(format!("{load:?}")) }
    }

    async fn run(&mut self, allowed: Allowed) {
        let seed = self.rounds.seed();
        let recording = load::run(&self.world, self.load, seed, ROUND).await;
        recording.totals.check(&recording.counts);
        self.rounds.check(&recording, SESSIONS, allowed);
    }

    /// Runs the load for its duration.
    async fn run_for_long(&mut self, allowed: Allowed) {
        let start = Instant::now();
        while start.elapsed() < duration() {
            self.run(allowed).await;
        }
        self.rounds.print();
    }

    /// Runs the load until every required anomaly has been found.
    async fn run_until(&mut self, wanted: &[Phenomenon], allowed: Allowed) {
        while self.rounds.counts.committed < MAX_COMMITS {
            self.run(allowed).await;
            if wanted.iter().all(|wanted| self.rounds.found.contains_key(wanted)) {
                return self.rounds.print();
            }
        }
        self.rounds.print();
        panic!("{MAX_COMMITS} commits of {:?} have not shown all of {wanted:?}", self.load);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_serializable_history_has_no_anomaly() {
    let mut registers = Registers::start(Load { isolation: Isolation::Serializable, removals: true }).await;
    registers.run_for_long(Allowed::default()).await;
    let counts = &registers.rounds.counts;
    assert!(counts.committed > 0 && counts.conflicts > 0, "nothing competed: {counts}");
}

/// Most turns here expire, because clients begin their next transactions in the same instance.
#[tokio::test(flavor = "multi_thread")]
async fn a_serializable_history_with_turns_has_no_anomaly() {
    let load = Load { isolation: Isolation::Serializable, removals: true };
    let options = TurnsOptions { max_hold: Duration::from_millis(5), ..TurnsOptions::default() };
    let mut registers = Registers::start(load).await;
    registers.world = registers.world.with_turns(options);
    registers.run_for_long(Allowed::default()).await;
    let statistics = registers.world.turns().statistics();
    println!("{statistics:?}");
    assert!(statistics.waits > 0 && statistics.expired > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_history_has_write_skew_and_between_sessions_read_skew_and_nothing_worse() {
    // Without removals, no key ever has an earlier state again. With them, a key that is absent, present and absent
    // again counts as unchanged, so at this level two commits can both have written it.
    let allowed =
        Allowed { overall: &[Phenomenon::GSingle, Phenomenon::G2], in_one_session: &[Phenomenon::G2] };
    let mut registers = Registers::start(Load { isolation: Isolation::Snapshot, removals: false }).await;
    registers.run_for_long(allowed).await;
    registers.run_until(&[Phenomenon::GSingle, Phenomenon::G2], allowed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_last_writer_wins_history_has_lost_updates_and_the_checker_finds_them() {
    let all: &[Phenomenon] = &[
        Phenomenon::LostUpdate,
        Phenomenon::Vanished,
        Phenomenon::G0,
        Phenomenon::G1c,
        Phenomenon::GSingle,
        Phenomenon::G2,
    ];
    let load = Load { isolation: Isolation::LastWriterWins, removals: true };
    let allowed = Allowed { overall: all, in_one_session: all };
    Registers::start(load).await.run_until(&[Phenomenon::LostUpdate], allowed).await;
}

/// At snapshot level a lost update cannot happen with removals either.
#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_history_with_removals_has_no_lost_update() {
    let load = Load { isolation: Isolation::Snapshot, removals: true };
    let skew: &[Phenomenon] = &[Phenomenon::G2, Phenomenon::GSingle];
    Registers::start(load).await.run_for_long(Allowed { overall: skew, in_one_session: skew }).await;
}

/// The case that the load without removals leaves out: absent is compared like any other value.
#[tokio::test]
async fn at_snapshot_level_a_key_that_is_absent_again_counts_as_unchanged() {
    let world = World::memory().await;
    let mut app = world.app().await;
    let container = app.open("histories").await;
    let (slow, package) = begin(&mut app, container).await;
    app.set(package, "k", "1").await.unwrap();

    let (tx, package) = begin(&mut app, container).await;
    app.set(package, "k", "2").await.unwrap();
    app.commit(tx).await.unwrap();
    let (tx, package) = begin(&mut app, container).await;
    assert!(app.remove(package, "k").await.unwrap());
    app.commit(tx).await.unwrap();

    assert!(app.commit(slow).await.is_ok());
}

async fn begin(app: &mut App, container: Container) -> (Tx, Package) {
    let tx = app.begin_with(Isolation::Snapshot).await;
    let session = app.session(container, tx, "s").await.unwrap();
    (tx, app.package(session, "p").await.unwrap())
}
