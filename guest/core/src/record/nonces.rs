//! The marks that the last few commits left in a record.

use alloc::string::String;

use crate::environment::Random;
use crate::names::hex;

/// How many commits a record remembers. A commit whose answer was lost is recognised as long as not more
/// than so many others came after it.
pub const REMEMBERED: usize = 8;

/// A random mark of one commit: 64 bits in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// A fresh mark.
    pub fn fresh(random: &impl Random) -> Self {
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        Self(hex(&bytes))
    }
}

/// The marks of the last commits, newest first, separated by spaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nonces(String);

impl From<String> for Nonces {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Nonces {
    /// As the record tells them.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this commit is among them.
    pub fn contains(&self, nonce: &Nonce) -> bool {
        self.0.split(' ').any(|found| found == nonce.0)
    }

    /// The same with a new mark in front; the oldest is forgotten when there are too many.
    pub fn with(&self, nonce: &Nonce) -> Self {
        let mut spaces = self.0.bytes().enumerate().filter(|(_, byte)| *byte == b' ').map(|(place, _)| place);
        let end = spaces.nth(REMEMBERED - 2).unwrap_or(self.0.len());
        let old = self.0.get(..end).unwrap_or_default();
        let mut text = String::with_capacity(nonce.0.len() + 1 + old.len());
        text.push_str(&nonce.0);
        if !old.is_empty() {
            text.push(' ');
            text.push_str(old);
        }
        Self(text)
    }

    /// Whether every commit since `earlier` is among these, so that a mark that is missing proves that its
    /// commit did not happen. `None` stands for the time before the first commit.
    pub fn tell_all_since(&self, earlier: Option<&Self>) -> bool {
        match earlier.and_then(|nonces| nonces.0.split_ascii_whitespace().next()) {
            Some(newest) => self.0.split_ascii_whitespace().any(|found| found == newest),
            None => self.0.split_ascii_whitespace().count() < REMEMBERED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nonce(number: usize) -> Nonce {
        Nonce(format!("{number:016x}"))
    }

    fn nonces(numbers: impl IntoIterator<Item = usize>) -> Nonces {
        numbers.into_iter().fold(Nonces::default(), |all, number| all.with(&nonce(number)))
    }

    #[test]
    fn the_last_commits_are_remembered_and_older_ones_forgotten() {
        let all = nonces(0..20);
        for number in 0..20 {
            assert_eq!(all.contains(&nonce(number)), number >= 20 - REMEMBERED, "{number}");
        }
    }

    #[test]
    fn a_part_of_a_mark_is_not_a_mark() {
        assert!(!nonces([1]).contains(&Nonce("00".into())));
        assert!(!Nonces::default().contains(&nonce(1)));
    }

    #[test]
    fn a_gap_in_what_is_remembered_is_noticed() {
        let earlier = nonces(0..5);
        assert!(nonces(0..5 + REMEMBERED - 1).tell_all_since(Some(&earlier)));
        assert!(!nonces(0..5 + REMEMBERED).tell_all_since(Some(&earlier)));
        assert!(nonces(0..REMEMBERED - 1).tell_all_since(None));
        assert!(!nonces(0..REMEMBERED).tell_all_since(None));
    }
}
