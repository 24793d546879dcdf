//! A store that gives an entry another version with each read, as the store on memcached does while the server may have
//! been restarted. So another version does not mean that the entry has changed, nor that a write with the former
//! version can no longer arrive.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use lovely_session_host::{
    Entry, Error as StoreError, Expectation, KeyValue, Lifetime, Memory, Outcome, Version, Write, async_trait,
};
use lovely_session_tests::app::{App, CallResult, Error};
use lovely_session_tests::world::World;

/// The additional bytes of a version, compared with the store in memory.
const SUFFIX_BYTES: usize = 8;

#[tokio::test]
async fn a_write_that_arrives_after_the_read_that_looks_for_it_does_not_conflict() {
    let store = Arc::new(Doubtful::default());
    let world = World::over(Arc::clone(&store) as Arc<dyn KeyValue>);
    count_up(&mut world.app().await, || {}).await.unwrap();
    let hold = || store.holds_next.store(true, Ordering::SeqCst);
    let result = count_up(&mut world.app().await, hold).await;
    assert!(!store.holds_next.load(Ordering::SeqCst), "nothing was held back");
    let count = count(&world).await;
    match result {
        Ok(()) => assert_eq!(count, "2"),
        Err(Error::OutcomeUnknown(_)) => {}
        Err(error) => panic!("nobody else was there, and the count is {count}: {error:?}"),
    }
}

async fn count_up(app: &mut App, before_the_commit: impl FnOnce()) -> CallResult<()> {
    let (container, tx) = (app.open("doubtful").await, app.begin().await);
    let session = app.session(container, tx, "s").await?;
    let data = app.package(session, "p").await?;
    let old: u32 = app.get(data, "n").await?.map_or(0, |text| text.parse().unwrap());
    app.set(data, "n", &(old + 1).to_string()).await?;
    before_the_commit();
    app.commit(tx).await
}

async fn count(world: &World) -> String {
    let mut app = world.app().await;
    let (container, tx) = (app.open("doubtful").await, app.begin().await);
    let session = app.resume(container, tx, "s").await.unwrap().unwrap();
    let data = app.package(session, "p").await.unwrap();
    app.get(data, "n").await.unwrap().unwrap()
}

/// A store in memory with a new version of each entry in each result, all of which are valid. It can hold the writes of
/// a call back until the next read.
#[derive(Default)]
struct Doubtful {
    inner: Memory,
    versions: AtomicU64,
    holds_next: AtomicBool,
    held_back: Mutex<Vec<Write>>,
}

impl Doubtful {
    fn rename(&self, version: &mut Version) {
        let number = self.versions.fetch_add(1, Ordering::SeqCst);
        version.0.extend(number.to_be_bytes());
    }
}

#[async_trait]
impl KeyValue for Doubtful {
    async fn get_many(
        &self,
        keys: Vec<String>,
        touch: Option<Lifetime>,
    ) -> Result<Vec<Option<Entry>>, StoreError> {
        let mut entries = self.inner.get_many(keys, touch).await?;
        entries.iter_mut().flatten().for_each(|entry| self.rename(&mut entry.version));
        let late = std::mem::take(&mut *self.held_back.lock().unwrap());
        if !late.is_empty() {
            self.inner.write_many(late).await?;
        }
        Ok(entries)
    }

    async fn write_many(&self, mut writes: Vec<Write>) -> Result<Vec<Outcome>, StoreError> {
        for write in &mut writes {
            if let Expectation::Version(Version(bytes)) = &mut write.expects {
                bytes.truncate(bytes.len() - SUFFIX_BYTES);
            }
        }
        if self.holds_next.swap(false, Ordering::SeqCst) {
            let outcomes = writes.iter().map(|_| Outcome::Unknown).collect();
            *self.held_back.lock().unwrap() = writes;
            return Ok(outcomes);
        }
        let mut outcomes = self.inner.write_many(writes).await?;
        for outcome in &mut outcomes {
            if let Outcome::Applied(version) = outcome {
                self.rename(version);
            }
        }
        Ok(outcomes)
    }
}
