//! The random values in a record: which life a session is in, and which commits were the last.

use alloc::string::String;

use crate::environment::Random;
use crate::names::hex_digits;

/// How many commits a record remembers. A commit whose answer was lost is recognised as long as at most
/// `REMEMBERED - 1` others came after it.
pub const REMEMBERED: usize = 8;

/// 64 random bits as 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Token([u8; 16]);

impl Token {
    fn fresh(random: &impl Random) -> Self {
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        let mut digits = [0; 16];
        let places = digits.as_chunks_mut().0.iter_mut();
        places.zip(bytes).for_each(|(pair, byte)| *pair = hex_digits(byte));
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

impl Default for Token {
    fn default() -> Self {
        Self([b'0'; 16])
    }
}

/// The life of a session, drawn when the session begins. Every later write and every renewal keeps it, so two
/// records of one life are the same session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Life(Token);

impl Life {
    /// A new life.
    pub fn fresh(random: &impl Random) -> Self {
        Self(Token::fresh(random))
    }

    /// A life as a record holds it; none when the text is no life.
    pub fn parse(text: &str) -> Option<Self> {
        Token::parse(text).map(Self)
    }

    /// As the record holds it.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// The mark of one write. A write that differs from an earlier one in its bytes or in what it expects has a
/// mark of its own, so a mark that is found names exactly one content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(Token);

impl Mark {
    /// A new mark.
    pub fn fresh(random: &impl Random) -> Self {
        Self(Token::fresh(random))
    }

    /// A mark as a record holds it; none when the text is no mark.
    pub fn parse(text: &str) -> Option<Self> {
        Token::parse(text).map(Self)
    }

    /// As the record holds it.
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
    /// As the record holds them.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The mark of the last commit; empty before the first.
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

    /// The same marks with a new one in front. The oldest is forgotten when there are too many.
    pub fn with(&self, mark: &Mark) -> Self {
        let mut spaces = self.0.bytes().enumerate().filter(|(_, byte)| *byte == b' ').map(|(place, _)| place);
        let end = spaces.nth(REMEMBERED - 2).unwrap_or(self.0.len());
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

    /// Whether every mark since `earlier` is among these, so that a mark that is missing proves that its
    /// write was not applied. `None` stands for the time before the first commit.
    pub fn are_complete_since(&self, earlier: Option<&Self>) -> bool {
        match earlier.and_then(|marks| marks.0.split_ascii_whitespace().next()) {
            Some(newest) => self.has(newest),
            None => self.0.split_ascii_whitespace().count() < REMEMBERED,
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
            assert_eq!(all.contains(&mark(number)), number >= 20 - REMEMBERED, "{number}");
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
        assert!(marks(0..5 + REMEMBERED - 1).are_complete_since(Some(&earlier)));
        assert!(!marks(0..5 + REMEMBERED).are_complete_since(Some(&earlier)));
        assert!(marks(0..REMEMBERED - 1).are_complete_since(None));
        assert!(!marks(0..REMEMBERED).are_complete_since(None));
    }
}
