//! Counters to which many clients add: in the end each holds exactly what was committed, at every isolation level.

use std::ops::AddAssign;

use lovely_session_tests::world::World;

use super::load::{Counts, SESSIONS};

/// The package and the key of the counter of a session.
pub const PACKAGE: &str = "counters";
pub const KEY: &str = "n";

/// The sum of a transaction's additions to the counter of each session.
pub type Added = [i64; SESSIONS];

/// The sums of all committed additions, and the counters in the end.
#[derive(Default)]
pub struct Totals {
    committed: Added,
    stored: Added,
}

impl Totals {
    /// Adds the additions of a committed transaction.
    pub fn add(&mut self, added: Added) {
        self.committed.iter_mut().zip(added).for_each(|(total, number)| *total += number);
    }

    /// Reads the counters after all clients have ended.
    pub async fn read(&mut self, world: &World, container: &str, ids: &[String]) {
        let mut app = world.app().await;
        let (container, tx) = (app.open(container).await, app.begin().await);
        for (id, stored) in ids.iter().zip(&mut self.stored) {
            let session = app.session(container, tx, id).await.unwrap();
            let counters = app.package(session, PACKAGE).await.unwrap();
            *stored = app.get(counters, KEY).await.unwrap().map_or(0, |text| text.parse().unwrap());
        }
    }

    /// # Panics
    ///
    /// When a counter does not hold what was committed.
    pub fn check(&self, counts: &Counts) {
        assert_eq!(counts.unknown, 0, "the store is always available here");
        assert_eq!(self.stored, self.committed, "what the counters hold, and what was added to them");
    }
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.add(other.committed);
    }
}
