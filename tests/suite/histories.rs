//! What many clients saw of a few hot sessions on a real memcached, checked: could it have happened one
//! transaction after another?
//!
//! The same load runs at every isolation level. At the weaker ones the checker must find what they allow,
//! because a checker that never finds anything proves nothing.

use std::collections::BTreeMap;
use std::env;
use std::time::{Duration, Instant};

use lovely_session_tests::app::{App, Container, Isolation, Package, Tx};
use lovely_session_tests::history::{Evidence, Phenomenon, check};
use lovely_session_tests::world::World;

use self::load::{Counts, Load, Recording};
use lovely_session_tests::random::Random;

mod at_random;
mod by_hand;
mod load;

/// How many seconds the load runs at each level, unless the environment says otherwise.
const SECONDS: u64 = 2;

/// Sets the seconds.
const SECONDS_VARIABLE: &str = "LOVELY_SOAK_SECONDS";

/// How long the load runs on the same sessions. A history is checked as a whole, so it must not be too long.
const ROUND: Duration = Duration::from_millis(500);

/// How many rounds may pass at most until an anomaly shows that must show.
const PATIENCE: usize = 20;

/// The time for a load that must show no anomaly.
fn duration() -> Duration {
    let seconds = match env::var(SECONDS_VARIABLE) {
        Ok(seconds) => seconds.parse().expect("LOVELY_SOAK_SECONDS is a number of seconds"),
        Err(_) => SECONDS,
    };
    Duration::from_secs(seconds)
}

/// Rounds of the load at one isolation level, with what was found in them.
struct Rounds {
    world: World,
    load: Load,
    random: Random,
    counts: Counts,
    evidence: Evidence,
    found: BTreeMap<Phenomenon, usize>,
}

impl Rounds {
    async fn start(load: Load) -> Self {
        Self {
            world: World::memcached().await,
            load,
            random: Random::from_time(),
            counts: Counts::default(),
            evidence: Evidence::default(),
            found: BTreeMap::new(),
        }
    }

    /// Runs one round, and fails if it shows an anomaly that is not allowed.
    async fn run(&mut self, allowed: &[Phenomenon]) {
        let seed = self.random.number();
        let Recording { counts, sessions } = load::run(&self.world, self.load, seed, ROUND).await;
        self.counts += counts;
        for (session, history) in sessions {
            let mut report = check(&history);
            for anomaly in &report.anomalies {
                *self.found.entry(anomaly.phenomenon).or_default() += 1;
            }
            self.evidence += report.evidence;
            report.anomalies.retain(|anomaly| !allowed.contains(&anomaly.phenomenon));
            let load = self.load;
            assert!(report.anomalies.is_empty(), "{load:?}, seed {seed}, session {session}:\n{report}");
        }
    }

    /// Runs the load for the time that is given to it.
    async fn run_for_long(&mut self, allowed: &[Phenomenon]) {
        let start = Instant::now();
        while start.elapsed() < duration() {
            self.run(allowed).await;
        }
        self.print();
    }

    /// Runs the load until it shows what must show.
    async fn run_until(&mut self, wanted: Phenomenon, allowed: &[Phenomenon]) {
        for _ in 0..PATIENCE {
            self.run(allowed).await;
            if self.found.contains_key(&wanted) {
                self.print();
                return;
            }
        }
        self.print();
        panic!("{PATIENCE} rounds of {:?} have not shown any {wanted}", self.load);
    }

    fn print(&self) {
        println!("{:?}: {}; {}", self.load, self.counts, self.evidence);
        for (phenomenon, count) in &self.found {
            println!("  {count} x {phenomenon}");
        }
        // A load in which nothing meets proves nothing.
        assert!(self.evidence.read_write > 0 && self.evidence.write_read > 0, "{}", self.evidence);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_serializable_history_has_no_anomaly() {
    let mut rounds = Rounds::start(Load { isolation: Isolation::Serializable, removals: true }).await;
    rounds.run_for_long(&[]).await;
    let counts = &rounds.counts;
    assert!(counts.committed > 0 && counts.conflicts > 0, "nothing competed: {counts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_history_has_write_skew_and_nothing_worse() {
    // Without removals, no key is ever again as it was. With them, a key that was absent, present and absent
    // again counts as unchanged: at this level, two commits can then both have written it.
    let mut rounds = Rounds::start(Load { isolation: Isolation::Snapshot, removals: false }).await;
    rounds.run_for_long(&[Phenomenon::G2]).await;
    rounds.run_until(Phenomenon::G2, &[Phenomenon::G2]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_last_writer_wins_history_has_lost_updates_and_the_checker_finds_them() {
    let allowed = [
        Phenomenon::LostUpdate,
        Phenomenon::Vanished,
        Phenomenon::G0,
        Phenomenon::G1c,
        Phenomenon::GSingle,
        Phenomenon::G2,
    ];
    let load = Load { isolation: Isolation::LastWriterWins, removals: true };
    Rounds::start(load).await.run_until(Phenomenon::LostUpdate, &allowed).await;
}

/// At snapshot level a lost update cannot happen with removals either.
#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_history_with_removals_has_no_lost_update() {
    let load = Load { isolation: Isolation::Snapshot, removals: true };
    Rounds::start(load).await.run_for_long(&[Phenomenon::G2, Phenomenon::GSingle]).await;
}

/// What the load without removals leaves out: values are compared, and absent is a value like others.
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
