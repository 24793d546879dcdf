//! The items of a memory store, by key and by deadline, and their size in bytes.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use lovely_session_key_value::family;

/// The estimated size of an item beside its key and value, in bytes: it is in two collections.
const ITEM_OVERHEAD: u64 = 256;

/// One item.
pub(super) struct Item {
    /// Shared, so that it can be copied after the table is unlocked.
    pub(super) value: Arc<Vec<u8>>,
    pub(super) version: u64,
    /// When it expires, by the store's clock; `None` for never.
    pub(super) deadline: Option<Duration>,
}

impl Item {
    fn lives_at(&self, now: Duration) -> bool {
        self.deadline.is_none_or(|deadline| now < deadline)
    }
}

/// The items of a store. An item whose deadline has passed is absent, even if it has not been removed yet.
#[derive(Default)]
pub(super) struct Table {
    /// By family, so that one is dropped without a look at the others. The family of a key without one is empty.
    families: HashMap<Box<str>, HashMap<Arc<str>, Item>>,
    /// The deadlines of the items that have one, and nothing else: `sweep` never visits a live item, and touches
    /// leave nothing behind.
    deadlines: BTreeSet<(Duration, Arc<str>)>,
    bytes: u64,
    last_version: u64,
}

impl Table {
    /// The size of an item, in bytes.
    pub(super) fn cost(key: &str, value: &[u8]) -> u64 {
        // The collections share the key.
        ITEM_OVERHEAD.saturating_add(key.len() as u64).saturating_add(value.len() as u64)
    }

    /// The size of all items, in bytes, including expired ones that were not removed yet.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The size of the item under `key`, expired or not; 0 when there is none.
    pub(super) fn cost_under(&self, key: &str) -> u64 {
        self.item(key).map_or(0, |item| Self::cost(key, &item.value))
    }

    /// The live item under a key.
    pub(super) fn get(&self, key: &str, now: Duration) -> Option<&Item> {
        self.item(key).filter(|item| item.lives_at(now))
    }

    /// Stores a value, and returns its version. No version is ever used twice, for any key.
    pub(super) fn put(&mut self, key: String, value: Vec<u8>, deadline: Option<Duration>) -> u64 {
        self.remove(&key);
        self.last_version += 1;
        self.bytes += Self::cost(&key, &value);
        let key: Arc<str> = key.into();
        if let Some(deadline) = deadline {
            self.deadlines.insert((deadline, Arc::clone(&key)));
        }
        let version = self.last_version;
        self.insert(key, Item { value: Arc::new(value), version, deadline });
        version
    }

    /// Moves an item's deadline.
    pub(super) fn touch(&mut self, key: &str, deadline: Option<Duration>) {
        let Some((key, item)) = self.take(key) else { return };
        if let Some(old) = item.deadline {
            self.deadlines.remove(&(old, Arc::clone(&key)));
        }
        if let Some(new) = deadline {
            self.deadlines.insert((new, Arc::clone(&key)));
        }
        self.insert(key, Item { deadline, ..item });
    }

    /// Removes an item, expired or not.
    pub(super) fn remove(&mut self, key: &str) {
        if let Some((key, item)) = self.take(key) {
            self.forget(key, &item);
        }
    }

    /// Removes all items of a family.
    pub(super) fn remove_family(&mut self, family: &str) {
        for (key, item) in self.families.remove(family).unwrap_or_default() {
            self.forget(key, &item);
        }
    }

    /// Accounts for an item that was taken out.
    fn forget(&mut self, key: Arc<str>, item: &Item) {
        self.bytes -= Self::cost(&key, &item.value);
        if let Some(deadline) = item.deadline {
            self.deadlines.remove(&(deadline, key));
        }
    }

    fn item(&self, key: &str) -> Option<&Item> {
        self.families.get(family_of(key))?.get(key)
    }

    fn insert(&mut self, key: Arc<str>, item: Item) {
        let family = family_of(&key);
        if let Some(items) = self.families.get_mut(family) {
            items.insert(key, item);
        } else {
            self.families.insert(family.into(), HashMap::from([(key, item)]));
        }
    }

    /// Takes an item out. A family without items leaves nothing behind.
    fn take(&mut self, key: &str) -> Option<(Arc<str>, Item)> {
        let items = self.families.get_mut(family_of(key))?;
        let taken = items.remove_entry(key);
        if items.is_empty() {
            self.families.remove(family_of(key));
        }
        taken
    }

    /// Removes the items that expired first, at most `at_most` of them.
    pub(super) fn sweep(&mut self, now: Duration, at_most: usize) {
        for _ in 0..at_most {
            match self.deadlines.first() {
                Some((deadline, key)) if *deadline <= now => {
                    let key = Arc::clone(key);
                    self.remove(&key);
                }
                _ => return,
            }
        }
    }
}

fn family_of(key: &str) -> &str {
    family(key).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Table {
        fn len(&self) -> usize {
            self.families.values().map(HashMap::len).sum()
        }
    }

    const SECOND: Duration = Duration::from_secs(1);

    fn put(table: &mut Table, key: &str, deadline: Option<Duration>) -> u64 {
        table.put(key.into(), b"value".to_vec(), deadline)
    }

    #[test]
    fn an_item_ends_exactly_at_its_deadline() {
        let mut table = Table::default();
        put(&mut table, "k", Some(SECOND));
        assert!(table.get("k", SECOND - Duration::from_millis(1)).is_some());
        assert!(table.get("k", SECOND).is_none());
    }

    #[test]
    fn sweeping_removes_the_oldest_first_and_never_a_live_item() {
        let mut table = Table::default();
        put(&mut table, "b", Some(SECOND * 2));
        put(&mut table, "a", Some(SECOND));
        put(&mut table, "c", Some(SECOND * 9));
        put(&mut table, "forever", None);

        table.sweep(SECOND * 5, 1);
        assert_eq!((table.cost_under("a"), table.len()), (0, 3));
        table.sweep(SECOND * 5, usize::MAX);
        assert_eq!((table.cost_under("b"), table.len()), (0, 2));
        assert!(table.get("c", SECOND * 5).is_some());
    }

    #[test]
    fn touches_leave_nothing_behind() {
        let mut table = Table::default();
        put(&mut table, "k", Some(SECOND));
        for second in 2..100 {
            table.touch("k", Some(SECOND * second));
        }
        assert_eq!(table.deadlines.len(), 1);
        table.touch("k", None);
        assert!(table.deadlines.is_empty());
        table.touch("absent", Some(SECOND));
        assert!(table.deadlines.is_empty());
    }

    #[test]
    fn the_bytes_of_removed_and_replaced_items_are_given_back() {
        let mut table = Table::default();
        put(&mut table, "k", Some(SECOND));
        let one = table.bytes();
        put(&mut table, "k", None);
        assert_eq!(table.bytes(), one);
        put(&mut table, "l", Some(SECOND));
        assert_eq!(table.bytes(), 2 * one);
        table.remove("k");
        table.sweep(SECOND, 10);
        assert_eq!((table.bytes(), table.families.len(), table.deadlines.len()), (0, 0, 0));
    }

    #[test]
    fn a_family_is_removed_with_all_that_belongs_to_it_and_nothing_else() {
        let mut table = Table::default();
        for key in ["f:g:1", "f:g:2", "f:1", "f:gg:1", "f:g", "g:1"] {
            put(&mut table, key, Some(SECOND));
        }
        table.remove_family("f:g");
        let left: u64 = ["f:1", "f:gg:1", "f:g", "g:1"].map(|key| table.cost_under(key)).iter().sum();
        assert_eq!((table.bytes(), table.len(), table.deadlines.len()), (left, 4, 4));
        table.remove_family("no such family");
        table.sweep(SECOND, 10);
        assert_eq!((table.bytes(), table.families.len()), (0, 0));
    }

    #[test]
    fn a_version_is_never_given_twice() {
        let mut table = Table::default();
        let first = put(&mut table, "k", None);
        table.remove("k");
        let second = put(&mut table, "k", None);
        let third = put(&mut table, "l", None);
        assert!(first < second && second < third);
    }
}
