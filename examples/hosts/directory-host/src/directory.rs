//! A store that keeps session records as files in a directory, for any number of processes.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Read, Seek, Write as _};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use lovely_session_host::{
    Change, Entry, Error, Expectation, KeyValue, Lifetime, Outcome, Version, Write, async_trait,
};

use crate::contract::{check_read, check_writes, oversize};
use crate::file::{Item, deadline, now};

/// The file that is locked during a call. It holds the last version, so that no version is used twice.
const LOCK: &str = "lock";

/// A directory of records.
pub struct Directory {
    path: PathBuf,
}

/// The directory, while this process has its lock.
struct Locked<'a> {
    directory: &'a Directory,
    lock: File,
}

impl Directory {
    /// The store in this directory. If it does not exist, it is made, with access for this user only.
    pub fn open(path: PathBuf) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
        Ok(Self { path })
    }

    fn lock(&self) -> io::Result<Locked<'_>> {
        let path = self.path.join(LOCK);
        let lock = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        lock.lock()?;
        Ok(Locked { directory: self, lock })
    }
}

/// A call reads or writes a few small files. A host that serves other requests at the same time would do that on a
/// thread for blocking work.
#[async_trait]
impl KeyValue for Directory {
    async fn get_many(
        &self,
        keys: Vec<String>,
        touch: Option<Lifetime>,
    ) -> Result<Vec<Option<Entry>>, Error> {
        check_read(&keys, touch)?;
        let locked = self.lock().map_err(unavailable)?;
        keys.iter().map(|key| locked.get(key, touch).map_err(unavailable)).collect()
    }

    async fn write_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, Error> {
        check_writes(&writes)?;
        if let Some(refusal) = oversize(&writes) {
            return Ok(refusal);
        }
        let mut locked = self.lock().map_err(unavailable)?;
        // From here on, a failure is the outcome of one write, because others may be done already.
        Ok(writes.into_iter().map(|write| locked.write(write).unwrap_or(Outcome::Unknown)).collect())
    }
}

impl Locked<'_> {
    fn get(&self, key: &str, touch: Option<Lifetime>) -> io::Result<Option<Entry>> {
        let Some(mut item) = self.read(key)? else { return Ok(None) };
        let seconds_left = item.seconds_left(now());
        let entry = Entry { version: version(&item), value: item.value.clone(), seconds_left };
        if let Some(lifetime) = touch {
            item.deadline = deadline(lifetime);
            self.replace(key, &item)?;
        }
        Ok(Some(entry))
    }

    fn write(&mut self, write: Write) -> io::Result<Outcome> {
        let Write { key, expects, change } = write;
        let held = self.read(&key)?;
        Ok(match (expects, held) {
            (Expectation::Absent, Some(_)) => Outcome::Stale,
            (Expectation::Version(_), None) => Outcome::Missing,
            (Expectation::Version(expected), Some(held)) if expected != version(&held) => Outcome::Stale,
            (_, held) => self.apply(&key, held, change)?,
        })
    }

    fn apply(&mut self, key: &str, held: Option<Item>, change: Change) -> io::Result<Outcome> {
        let item = match (change, held) {
            (Change::Put { value, lifetime }, _) => {
                Item { version: self.next_version()?, deadline: deadline(lifetime), value }
            }
            (Change::Touch(lifetime), Some(held)) => Item { deadline: deadline(lifetime), ..held },
            (Change::Delete, Some(_)) => {
                fs::remove_file(self.path(key))?;
                return Ok(Outcome::Applied(Version(Vec::new())));
            }
            (Change::Touch(_) | Change::Delete, None) => return Ok(Outcome::Missing),
        };
        self.replace(key, &item)?;
        Ok(Outcome::Applied(version(&item)))
    }

    /// The entry under a key, unless it has expired.
    fn read(&self, key: &str) -> io::Result<Option<Item>> {
        let bytes = match fs::read(self.path(key)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            read => read?,
        };
        let item = Item::from_bytes(&bytes).ok_or(ErrorKind::InvalidData)?;
        Ok(Some(item).filter(|item| item.is_live(now())))
    }

    /// Replaces a file atomically, so that it is complete even if the process is killed.
    fn replace(&self, key: &str, item: &Item) -> io::Result<()> {
        let unfinished = self.directory.path.join("unfinished");
        fs::write(&unfinished, item.to_bytes())?;
        fs::rename(unfinished, self.path(key))
    }

    fn next_version(&mut self) -> io::Result<[u8; 8]> {
        let mut text = String::new();
        self.lock.rewind()?;
        self.lock.read_to_string(&mut text)?;
        let last: u64 = if text.is_empty() { 0 } else { text.parse().map_err(|_| ErrorKind::InvalidData)? };
        let next = last + 1;
        self.lock.rewind()?;
        // The number never gets shorter, so it overwrites the old one.
        self.lock.write_all(next.to_string().as_bytes())?;
        Ok(next.to_be_bytes())
    }

    /// Keys are printable ASCII without spaces: a space can stand for the one character that no file name has.
    fn path(&self, key: &str) -> PathBuf {
        self.directory.path.join(format!("={}", key.replace('/', " ")))
    }
}

fn version(item: &Item) -> Version {
    Version(item.version.to_vec())
}

fn unavailable(error: io::Error) -> Error {
    Error::Unavailable(format!("the directory of the sessions cannot be used: {error}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use lovely_session_conformance::{Subject, check};

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn every_rule_of_the_contract_is_kept() {
        let scratch = tempfile::tempdir().unwrap();
        let directory = Directory::open(scratch.path().join("sessions")).unwrap();
        let report = check(&Subject::new(Arc::new(directory))).await;
        assert!(report.is_kept(), "{report}");
    }

    #[tokio::test]
    async fn a_version_is_never_used_twice_not_even_by_another_process() {
        let scratch = tempfile::tempdir().unwrap();
        let mut versions = Vec::new();
        for value in 0..12 {
            let directory = Directory::open(scratch.path().to_owned()).unwrap();
            let change = Change::Put { value: vec![value], lifetime: Lifetime::NeverExpires };
            let write = Write { key: "k".to_owned(), expects: Expectation::Anything, change };
            let outcome = directory.write_many(vec![write]).await.unwrap().remove(0);
            assert!(matches!(outcome, Outcome::Applied(_)) && !versions.contains(&outcome), "{outcome:?}");
            versions.push(outcome);
        }
    }
}
