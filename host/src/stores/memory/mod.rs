//! A store in this process's memory.

mod clock;
mod table;
mod version;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use lovely_session_key_value::{
    Change, Entry, Error, Expectation, KeyValue, Lifetime, Outcome, Version, Write, check,
};

use self::clock::SystemClock;
pub use self::clock::{Clock, ManualClock};
use self::table::{Item, Table};

/// The most expired items that one call removes. More than the items that a usual call adds, so that expired
/// items do not accumulate, and few enough that no call takes long.
const SWEPT_PER_CALL: usize = 64;

/// The limits of a [`Memory`] store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryOptions {
    /// The most bytes that a value may have. A put of a larger one is [`Outcome::TooLarge`]. 1 MiB less 1 KiB by
    /// default, which is about the default limit of memcached.
    pub max_value_bytes: u64,
    /// The most bytes that all entries may take together, including keys and an estimate of the overhead. 512 MiB by
    /// default. Nothing is evicted: a call whose writes do not fit fails with [`Error::Unavailable`] until entries
    /// expire or are deleted.
    pub max_total_bytes: u64,
}

impl Default for MemoryOptions {
    fn default() -> Self {
        Self { max_value_bytes: 1024 * 1023, max_total_bytes: 512 * 1024 * 1024 }
    }
}

/// A store in this process's memory, for development, for tests, and for services that run as one process and may
/// lose their sessions when it ends.
///
/// It keeps the whole contract of [`KeyValue`]. Lifetimes are exact to a millisecond, versions are never repeated, the
/// writes of a call are applied together (which other stores do not promise), and nothing is evicted. Its calls never
/// wait. The memory of an expired entry is freed by later calls.
///
/// Share it in an [`Arc`].
pub struct Memory {
    options: MemoryOptions,
    clock: Box<dyn Clock>,
    table: Mutex<Table>,
}

impl Memory {
    /// An empty store with default limits, on the machine's monotonic clock.
    pub fn new() -> Self {
        Self::with_clock(SystemClock::start())
    }

    /// An empty store with default limits that measures lifetimes with `clock`.
    pub fn with_clock(clock: impl Clock) -> Self {
        let options = MemoryOptions::default();
        Self { options, clock: Box::new(clock), table: Mutex::new(Table::default()) }
    }

    /// The same store with other limits.
    #[must_use]
    pub fn with_options(self, options: MemoryOptions) -> Self {
        Self { options, ..self }
    }

    /// Locks the table. A panic of another thread leaves it consistent: no method of [`Table`] stops half-way.
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_room(&self, table: &mut Table, writes: &[Write], now: Duration) -> Result<(), Error> {
        let max = self.options.max_total_bytes;
        if table.bytes().saturating_add(growth(table, writes)) <= max {
            return Ok(());
        }
        table.sweep(now, usize::MAX);
        if table.bytes().saturating_add(growth(table, writes)) <= max {
            return Ok(());
        }
        Err(Error::Unavailable(format!(
            "the memory store is full ({} of {max} bytes are in use); wait until sessions expire, raise \
             its limit, or use memcached",
            table.bytes(),
        )))
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("options", &self.options).finish_non_exhaustive()
    }
}

#[async_trait]
impl KeyValue for Memory {
    async fn get_many(
        &self,
        keys: Vec<String>,
        touch: Option<Lifetime>,
    ) -> Result<Vec<Option<Entry>>, Error> {
        check::read(&keys, touch)?;
        let now = self.clock.now();
        let found: Vec<_> = {
            let mut table = self.table();
            table.sweep(now, SWEPT_PER_CALL);
            keys.iter().map(|key| read(&mut table, key, touch, now)).collect()
        };
        // Values are copied after the table is unlocked.
        let to_entry = |found: Found| Entry {
            value: found.value.to_vec(),
            version: version::of_number(found.version),
            seconds_left: found.seconds_left,
        };
        Ok(found.into_iter().map(|found| found.map(to_entry)).collect())
    }

    async fn write_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, Error> {
        check::writes(&writes, |version| version::number(version).map(drop))?;
        if let Some(refusal) = check::oversize(&writes, |_| self.options.max_value_bytes) {
            return Ok(refusal);
        }
        let now = self.clock.now();
        let mut table = self.table();
        table.sweep(now, SWEPT_PER_CALL);
        self.check_room(&mut table, &writes, now)?;
        Ok(writes.into_iter().map(|write| apply(&mut table, write, now)).collect())
    }

    async fn drop_family(&self, family: String) -> Result<(), Error> {
        check::family(&family)?;
        self.table().remove_family(&family);
        Ok(())
    }
}

/// An entry whose value is still shared with the table.
struct Found {
    value: Arc<Vec<u8>>,
    version: u64,
    seconds_left: Option<u32>,
}

fn read(table: &mut Table, key: &str, touch: Option<Lifetime>, now: Duration) -> Option<Found> {
    let Item { value, version, deadline } = table.get(key, now)?;
    let found = Found {
        value: Arc::clone(value),
        version: *version,
        seconds_left: deadline.map(|deadline| seconds_until(deadline, now)),
    };
    if let Some(lifetime) = touch {
        table.touch(key, deadline_of(lifetime, now));
    }
    Some(found)
}

fn apply(table: &mut Table, Write { key, expects, change }: Write, now: Duration) -> Outcome {
    let current = table.get(&key, now).map(|item| item.version);
    match (&expects, current) {
        (Expectation::Absent, Some(_)) => return Outcome::Stale,
        (Expectation::Version(_), None) => return Outcome::Missing,
        (Expectation::Version(expected), Some(current)) if version::number(expected) != Ok(current) => {
            return Outcome::Stale;
        }
        _ => {}
    }
    match (change, current) {
        (Change::Put { value, lifetime }, _) => {
            let version = table.put(key, value, deadline_of(lifetime, now));
            Outcome::Applied(version::of_number(version))
        }
        (_, None) => Outcome::Missing,
        (Change::Touch(lifetime), Some(current)) => {
            table.touch(&key, deadline_of(lifetime, now));
            Outcome::Applied(version::of_number(current))
        }
        (Change::Delete, Some(_)) => {
            table.remove(&key);
            Outcome::Applied(Version::of_nothing())
        }
    }
}

/// The most bytes by which the table grows if all writes are applied. No key is in them twice.
fn growth(table: &Table, writes: &[Write]) -> u64 {
    let growth = |write: &Write| match &write.change {
        Change::Put { value, .. } => {
            Table::cost(&write.key, value).saturating_sub(table.cost_under(&write.key))
        }
        Change::Touch(_) | Change::Delete => 0,
    };
    writes.iter().map(growth).fold(0, u64::saturating_add)
}

fn deadline_of(lifetime: Lifetime, now: Duration) -> Option<Duration> {
    match lifetime {
        Lifetime::NeverExpires => None,
        Lifetime::Seconds(seconds) => Some(now.saturating_add(Duration::from_secs(seconds.into()))),
    }
}

/// Rounds up, so that a live entry never has 0 seconds left.
fn seconds_until(deadline: Duration, now: Duration) -> u32 {
    let left = deadline.saturating_sub(now);
    let seconds = left.as_secs().saturating_add(u64::from(left.subsec_nanos() > 0));
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(key: &str, size: usize, lifetime: Lifetime) -> Write {
        let change = Change::Put { value: vec![0; size], lifetime };
        Write { key: key.into(), expects: Expectation::Anything, change }
    }

    fn small_store(clock: &ManualClock) -> Memory {
        let options = MemoryOptions { max_value_bytes: 1000, max_total_bytes: 2000 };
        Memory::with_clock(clock.clone()).with_options(options)
    }

    #[tokio::test]
    async fn a_full_store_refuses_the_whole_call_and_evicts_nothing() {
        let store = small_store(&ManualClock::new());
        let kept = put("kept", 900, Lifetime::NeverExpires);
        assert!(matches!(store.write_many(vec![kept]).await.unwrap()[..], [Outcome::Applied(_)]));

        let batch = vec![put("a", 10, Lifetime::NeverExpires), put("b", 900, Lifetime::NeverExpires)];
        assert!(matches!(store.write_many(batch).await, Err(Error::Unavailable(_))));
        let found = store.get_many(vec!["kept".into(), "a".into(), "b".into()], None).await.unwrap();
        assert!(matches!(found[..], [Some(_), None, None]));
    }

    #[tokio::test]
    async fn a_full_store_still_replaces_and_deletes() {
        let store = small_store(&ManualClock::new());
        for key in ["a", "b"] {
            store.write_many(vec![put(key, 700, Lifetime::NeverExpires)]).await.unwrap();
        }
        assert!(store.write_many(vec![put("c", 1, Lifetime::NeverExpires)]).await.is_err());
        let replaced = store.write_many(vec![put("a", 700, Lifetime::NeverExpires)]).await.unwrap();
        assert!(matches!(replaced[..], [Outcome::Applied(_)]));
        let delete = Write { change: Change::Delete, ..put("a", 0, Lifetime::NeverExpires) };
        assert!(matches!(store.write_many(vec![delete]).await.unwrap()[..], [Outcome::Applied(_)]));
        assert!(store.write_many(vec![put("c", 700, Lifetime::NeverExpires)]).await.is_ok());
    }

    #[tokio::test]
    async fn expired_items_make_room() {
        let clock = ManualClock::new();
        let store = small_store(&clock);
        store.write_many(vec![put("a", 900, Lifetime::Seconds(10))]).await.unwrap();
        clock.advance(Duration::from_secs(10));
        assert!(store.write_many(vec![put("b", 900, Lifetime::NeverExpires)]).await.is_ok());
    }

    #[tokio::test]
    async fn expired_items_do_not_accumulate() {
        let clock = ManualClock::new();
        let store = Memory::with_clock(clock.clone());
        for number in 0..1000 {
            let write = put(&format!("k{number}"), 10, Lifetime::Seconds(1));
            store.write_many(vec![write]).await.unwrap();
            clock.advance(Duration::from_secs(1));
        }
        let one = Table::cost("k999", &[0; 10]);
        assert!(store.table().bytes() <= one, "{} bytes are in use", store.table().bytes());
    }

    #[test]
    fn the_seconds_left_are_rounded_up() {
        let at = Duration::from_millis;
        assert_eq!(seconds_until(at(5000), at(0)), 5);
        assert_eq!(seconds_until(at(5000), at(1)), 5);
        assert_eq!(seconds_until(at(5000), at(4999)), 1);
        assert_eq!(seconds_until(Duration::MAX, at(0)), u32::MAX);
    }
}
