//! A mapping of names that only grows.

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::error::Error;

/// A mapping of names to values, sorted by name. Names are never removed, so that each keeps the place where
/// its value stands.
///
/// All mappings of the core are of this type: what it takes to keep a tree sorted is in the component once.
#[derive(Clone, Debug)]
pub struct Ordered<V> {
    places: BTreeMap<Rc<str>, usize>,
    values: Vec<V>,
}

impl<V> Default for Ordered<V> {
    fn default() -> Self {
        Self { places: BTreeMap::new(), values: Vec::new() }
    }
}

impl<V> Ordered<V> {
    /// Whether no name was added.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Where the value of a name stands.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&V> {
        self.values.get(self.place(name)?)
    }

    /// The value at a place.
    pub fn at(&mut self, place: usize) -> Option<&mut V> {
        self.values.get_mut(place)
    }

    /// Adds a name that is not there yet, and returns its place.
    pub fn add(&mut self, name: Rc<str>, value: V) -> usize {
        let place = self.values.len();
        insert(&mut self.places, name, place);
        self.values.push(value);
        place
    }

    /// The place and the value of a name, which is added if it is not there.
    ///
    /// # Errors
    /// [`Error::Finished`]; never, for a name that is there or was just added has a place.
    pub fn entry(&mut self, name: &str, value: impl FnOnce() -> V) -> Result<(usize, &mut V), Error> {
        let place = self.place(name).unwrap_or_else(|| self.add(name.into(), value()));
        match self.values.get_mut(place) {
            Some(value) => Ok((place, value)),
            None => Err(Error::Finished),
        }
    }

    /// The values, sorted by name.
    pub fn into_values(self) -> Vec<V> {
        let mut values: Vec<_> = self.values.into_iter().map(Some).collect();
        self.places.values().filter_map(|place| values.get_mut(*place)?.take()).collect()
    }

    /// All names with their values, sorted by name.
    pub fn iter(&self) -> Iter<'_, V> {
        Iter { places: self.places.iter(), values: &self.values }
    }
}

/// Not generic, and not inlined, so that the component has it once.
#[inline(never)]
fn insert(places: &mut BTreeMap<Rc<str>, usize>, name: Rc<str>, place: usize) {
    places.insert(name, place);
}

/// The names and values of a mapping.
pub struct Iter<'a, V> {
    places: alloc::collections::btree_map::Iter<'a, Rc<str>, usize>,
    values: &'a [V],
}

impl<'a, V> Iterator for Iter<'a, V> {
    type Item = (&'a str, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, place) = self.places.next()?;
        Some((name, self.values.get(*place)?))
    }
}
