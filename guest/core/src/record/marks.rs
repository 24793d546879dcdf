//! The random values in a record: the life of a session, and the marks of the last commits.

use alloc::string::String;

use crate::environment::Random;
use crate::names::hex_digits;

/// How many commits a record remembers. A commit whose reply was lost is recognised as long as at most
/// `MAX_MARKS - 1` others followed it.
pub const MAX_MARKS: usize = 8;

/// 64 random bits as 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct RandomHex([u8; 16]);

impl RandomHex {
    fn fresh(random: &impl Random) -> Self {
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        let mut digits = [0; 16];
        let positions = digits.as_chunks_mut().0.iter_mut();
        positions.zip(bytes).for_each(|(pair, byte)| *pair = hex_digits(byte));
        Self(digits)
    }

    fn parse(text: &str) -> Option<Self> {
        let digits = <[u8; 16]>::try_from(text.as_bytes()).ok()?;
        digits.iter().all(u8::is_ascii_hexdigit).then_some(Self(digits))
    }

    fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Default for RandomHex {
    fn default() -> Self {
        Self([b'0'; 16])
    }
}

/// The life of a session, drawn when the session begins. Every later write and every renewal keeps it:
/// records with the same life belong to the same session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Life(RandomHex);

impl Life {
    /// A new life.
    pub fn fresh(random: &impl Random) -> Self {
        Self(RandomHex::fresh(random))
    }

    /// Parses a life; `None` when the text is not a life.
    pub fn parse(text: &str) -> Option<Self> {
        RandomHex::parse(text).map(Self)
    }

    /// Returns the life as it is written in a record.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// The mark of a write. Writes that differ in their bytes or in the version they expect have different marks,
/// so a mark that is found identifies exactly one content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(RandomHex);

impl Mark {
    /// A new mark.
    pub fn fresh(random: &impl Random) -> Self {
        Self(RandomHex::fresh(random))
    }

    /// Parses a mark; `None` when the text is not a mark.
    pub fn parse(text: &str) -> Option<Self> {
        RandomHex::parse(text).map(Self)
    }

    /// Returns the mark as it is written in a record.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// The marks of the last commits, newest first, separated by spaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks(String);

impl From<String> for Marks {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Marks {
    /// Returns the marks as they are written in a record.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The mark of the last commit; empty before the first commit.
    pub fn newest(&self) -> &str {
        self.0.split(' ').next().unwrap_or_default()
    }

    /// Whether this mark is among them.
    pub fn contains(&self, mark: &Mark) -> bool {
        self.has(mark.as_str())
    }

    fn has(&self, mark: &str) -> bool {
        self.0.split(' ').any(|found| found == mark)
    }

    /// Returns the marks with a new one in front. The oldest is dropped when there are more than
    /// [`MAX_MARKS`].
    pub fn with(&self, mark: &Mark) -> Self {
        let mut spaces =
            self.0.bytes().enumerate().filter(|(_, byte)| *byte == b' ').map(|(position, _)| position);
        let end = spaces.nth(MAX_MARKS - 2).unwrap_or(self.0.len());
        let old = self.0.get(..end).unwrap_or_default();
        let mark = mark.as_str();
        let mut text = String::with_capacity(mark.len() + 1 + old.len());
        text.push_str(mark);
        if !old.is_empty() {
            text.push(' ');
            text.push_str(old);
        }
        Self(text)
    }

    /// Whether all marks since `earlier` are present, so that a missing mark proves that its write was not
    /// applied. `None` stands for the time before the first commit.
    pub fn are_complete_since(&self, earlier: Option<&Self>) -> bool {
        match earlier.and_then(|marks| marks.0.split_ascii_whitespace().next()) {
            Some(newest) => self.has(newest),
            None => self.0.split_ascii_whitespace().count() < MAX_MARKS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(number: usize) -> Mark {
        Mark::parse(&format!("{number:016x}")).unwrap()
    }

    fn marks(numbers: impl IntoIterator<Item = usize>) -> Marks {
        numbers.into_iter().fold(Marks::default(), |all, number| all.with(&mark(number)))
    }

    #[test]
    fn the_last_commits_are_remembered_and_older_ones_forgotten() {
        let all = marks(0..20);
        for number in 0..20 {
            assert_eq!(all.contains(&mark(number)), number >= 20 - MAX_MARKS, "{number}");
        }
    }

    #[test]
    fn a_part_of_a_mark_is_not_a_mark() {
        assert!(!marks([1]).has("00"));
        assert_eq!((Mark::parse("00"), Life::parse("000000000000000g")), (None, None));
        assert!(!Marks::default().contains(&mark(1)));
    }

    #[test]
    fn a_gap_in_what_is_remembered_is_noticed() {
        let earlier = marks(0..5);
        assert!(marks(0..5 + MAX_MARKS - 1).are_complete_since(Some(&earlier)));
        assert!(!marks(0..5 + MAX_MARKS).are_complete_since(Some(&earlier)));
        assert!(marks(0..MAX_MARKS - 1).are_complete_since(None));
        assert!(!marks(0..MAX_MARKS).are_complete_since(None));
    }
}
