//! The store in memory.

use std::time::Duration;

use lovely_session_core::{Change, Entry, Expectation, Lifetime, Outcome, Store, StoreError, Version, Write};

use super::environment::{Fault, Item, World};

impl Store for World {
    fn get_many(&self, keys: &[String], touch: Option<Lifetime>) -> Result<Vec<Option<Entry>>, StoreError> {
        if touch.is_some() && !self.slides.get() {
            return Err(StoreError::Unsupported("no touch".into()));
        }
        let hook = self.read_hooks.borrow_mut().pop_front();
        if let Some(hook) = hook {
            hook();
        }
        self.reads.set(self.reads.get() + 1);
        if self.failing_reads.get() > 0 {
            self.failing_reads.set(self.failing_reads.get() - 1);
            return Err(StoreError::Unavailable("reads fail".into()));
        }
        self.drop_expired();
        let several = keys.len() > 1;
        let mut entries = Vec::with_capacity(keys.len());
        for key in keys {
            entries.push(self.entry(key, touch));
            let hook = if several { self.between_keys.borrow_mut().take() } else { None };
            if let Some(hook) = hook {
                hook();
            }
        }
        Ok(entries)
    }

    fn write_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, StoreError> {
        let after_write = self.after_write.borrow_mut().take();
        let outcomes = self.take(writes);
        if let Some(after_write) = after_write {
            after_write();
        }
        outcomes
    }
}

impl World {
    pub(super) fn put(&self, key: String, value: Vec<u8>, expires: Option<Duration>) -> Outcome {
        let version = self.next_version.replace(self.next_version.get() + 1);
        self.items.borrow_mut().insert(key, Item { value, version, expires });
        Outcome::Applied(self.name(version))
    }

    /// A version as clients see it now.
    fn name(&self, version: u64) -> Version {
        Version([self.epoch.get(), version].map(u64::to_be_bytes).concat())
    }

    /// Whether a version is from before the last fault that changed versions.
    fn is_outdated(&self, expects: &Expectation) -> bool {
        let epoch = self.epoch.get().to_be_bytes();
        matches!(expects, Expectation::Version(version) if !version.0.starts_with(&epoch))
    }

    fn expiry(&self, lifetime: Lifetime) -> Option<Duration> {
        match lifetime {
            Lifetime::NeverExpires => None,
            Lifetime::Seconds(seconds) => Some(self.now.get() + Duration::from_secs(seconds.into())),
        }
    }

    fn drop_expired(&self) {
        let now = self.now.get();
        self.items.borrow_mut().retain(|_, item| item.expires.is_none_or(|at| at > now));
    }

    pub(super) fn apply(&self, write: Write) -> Outcome {
        self.drop_expired();
        let held = self.items.borrow().get(&write.key).map(|item| self.name(item.version));
        match (&write.expects, held) {
            (Expectation::Absent, Some(_)) => return Outcome::Stale,
            (Expectation::Version(_), None) => return Outcome::Missing,
            (Expectation::Version(expected), Some(held)) if expected.0[8..] != held.0[8..] => {
                return Outcome::Stale;
            }
            _ => {}
        }
        match write.change {
            Change::Put { value, lifetime } => self.put(write.key, value, self.expiry(lifetime)),
            Change::Touch(_) => panic!("no commit slides a lifetime by itself"),
            Change::Delete => {
                self.items.borrow_mut().remove(&write.key);
                Outcome::Applied(Version(Vec::new()))
            }
        }
    }

    fn apply_if_known(&self, write: Write) -> Outcome {
        if self.is_outdated(&write.expects) { Outcome::Stale } else { self.apply(write) }
    }

    /// The result of a batch that the store refuses as a whole.
    fn refuse(&self, writes: &[Write]) -> Option<Result<Vec<Outcome>, StoreError>> {
        let put = |write: &Write| match &write.change {
            Change::Put { value, lifetime } => Some((value.len(), *lifetime)),
            Change::Touch(_) | Change::Delete => None,
        };
        if !self.expires.get()
            && writes.iter().filter_map(put).any(|(_, life)| life != Lifetime::NeverExpires)
        {
            return Some(Err(StoreError::Unsupported("no expiry".into())));
        }
        let removes = |write: &Write| {
            write.change == Change::Delete && matches!(write.expects, Expectation::Version(_))
        };
        if !self.removes.get() && writes.iter().any(removes) {
            return Some(Err(StoreError::Unsupported("no removal on a condition".into())));
        }
        let limit = self.limit.get();
        let fits = |write: &Write| put(write).is_none_or(|(size, _)| size <= limit);
        if writes.iter().all(fits) {
            return None;
        }
        let outcome = |write| if fits(write) { Outcome::Skipped } else { Outcome::TooLarge(limit as u64) };
        Some(Ok(writes.iter().map(outcome).collect()))
    }

    fn entry(&self, key: &str, touch: Option<Lifetime>) -> Option<Entry> {
        let mut items = self.items.borrow_mut();
        let item = items.get_mut(key)?;
        let left = item.expires.map(|at| at.saturating_sub(self.now.get()).as_secs() as u32);
        if let Some(lifetime) = touch {
            item.expires = self.expiry(lifetime);
        }
        let version = self.name(item.version);
        Some(Entry { value: item.value.clone(), version, seconds_left: left })
    }

    fn take(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, StoreError> {
        let hook = self.hooks.borrow_mut().pop_front();
        if let Some(hook) = hook {
            hook();
        }
        if let Some(refusal) = self.refuse(&writes) {
            return refusal;
        }
        self.writes.set(self.writes.get() + 1);
        self.deliver();
        let fault = self.faults.borrow_mut().pop_front();
        let count = writes.len();
        if self.changes_versions.get() && fault.is_some() {
            self.epoch.set(self.epoch.get() + 1);
        }
        match fault {
            None => return Ok(writes.into_iter().map(|write| self.apply_if_known(write)).collect()),
            Some(Fault::ReplyLost) => writes.into_iter().for_each(|write| drop(self.apply(write))),
            Some(Fault::Delayed) => self.delayed.borrow_mut().extend(writes),
            Some(Fault::RequestLost) => {}
            Some(Fault::Refused) => return Err(StoreError::Unavailable("refused".into())),
            Some(Fault::Unreachable) => return Ok(vec![Outcome::Unavailable; count]),
        }
        Ok(vec![Outcome::Unknown; count])
    }
}
