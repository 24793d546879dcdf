//! A sorted map of names that only grows.

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::error::Error;

/// A map from names to values, sorted by name. Names are never removed, so the position of a value never
/// changes.
///
/// All maps of the core have this type, so that the component contains the code of one sorted tree only.
#[derive(Clone, Debug)]
pub struct Ordered<V> {
    positions: BTreeMap<Rc<str>, usize>,
    values: Vec<V>,
}

impl<V> Default for Ordered<V> {
    fn default() -> Self {
        Self { positions: BTreeMap::new(), values: Vec::new() }
    }
}

impl<V> Ordered<V> {
    /// Whether the map has no names.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The position of a name's value.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&V> {
        self.values.get(self.position(name)?)
    }

    /// The value at a position.
    pub fn at(&mut self, position: usize) -> Option<&mut V> {
        self.values.get_mut(position)
    }

    /// Adds a name that is not in the map yet, and returns its position.
    pub fn add(&mut self, name: Rc<str>, value: V) -> usize {
        let position = self.values.len();
        insert(&mut self.positions, name, position);
        self.values.push(value);
        position
    }

    /// Returns the position and the value of a name, and adds it first if it is not in the map.
    ///
    /// # Errors
    /// Never: the name has a position then. The error type avoids a panic.
    pub fn entry(&mut self, name: &str, value: impl FnOnce() -> V) -> Result<(usize, &mut V), Error> {
        let position = self.position(name).unwrap_or_else(|| self.add(name.into(), value()));
        match self.values.get_mut(position) {
            Some(value) => Ok((position, value)),
            None => Err(Error::Finished),
        }
    }

    /// The values, sorted by name.
    pub fn into_values(self) -> Vec<V> {
        let mut values: Vec<_> = self.values.into_iter().map(Some).collect();
        self.positions.values().filter_map(|position| values.get_mut(*position)?.take()).collect()
    }

    /// All names with their values, sorted by name.
    pub fn iter(&self) -> Iter<'_, V> {
        Iter { positions: self.positions.iter(), values: &self.values }
    }
}

/// Neither generic nor inlined, so that the component contains it once.
#[inline(never)]
fn insert(positions: &mut BTreeMap<Rc<str>, usize>, name: Rc<str>, position: usize) {
    positions.insert(name, position);
}

/// The names and values of a map, sorted by name.
pub struct Iter<'a, V> {
    positions: alloc::collections::btree_map::Iter<'a, Rc<str>, usize>,
    values: &'a [V],
}

impl<'a, V> Iterator for Iter<'a, V> {
    type Item = (&'a str, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, position) = self.positions.next()?;
        Some((name, self.values.get(*position)?))
    }
}
