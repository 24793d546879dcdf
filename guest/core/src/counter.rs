//! Counters: JSON numbers that transactions add to.

use alloc::string::String;
use alloc::vec::Vec;

use crate::json;

/// The largest counter, 2^53 - 1; the smallest is its negation. Every language reads JSON numbers in this
/// range exactly.
pub const MAX_COUNTER: i64 = (1 << 53) - 1;

/// The maximum length of a counter as JSON, in bytes.
pub const MAX_LENGTH: usize = 17;

/// Returns the counter in a JSON text: 0 when there is no text, `None` when the text is not a whole number
/// within the limits, or is written with a fraction or an exponent.
pub fn read(text: Option<&str>) -> Option<i64> {
    text.map_or(Some(0), |text| text.parse().ok()).and_then(within_limits)
}

/// Returns the sum of the counter in a JSON text and a number, or `None` if the text is not a counter or the
/// sum is out of range.
pub fn sum(text: Option<&str>, added: i64) -> Option<i64> {
    read(text)?.checked_add(added).and_then(within_limits)
}

/// Returns a counter as JSON.
pub fn write(counter: i64) -> String {
    let mut text = Vec::with_capacity(MAX_LENGTH);
    if counter < 0 {
        text.push(b'-');
    }
    json::push_number(counter.unsigned_abs(), &mut text);
    String::from_utf8(text).unwrap_or_default()
}

fn within_limits(number: i64) -> Option<i64> {
    (-MAX_COUNTER..=MAX_COUNTER).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAX: i64 = 9_007_199_254_740_991;

    #[test]
    fn a_counter_is_a_whole_number_that_every_language_reads_exactly() {
        for (text, number) in
            [("0", 0), ("-0", 0), ("17", 17), ("-9007199254740991", -MAX), ("9007199254740991", MAX)]
        {
            assert_eq!(read(Some(text)), Some(number), "{text}");
        }
        for text in [
            "1.0",
            "1e2",
            "\"1\"",
            "null",
            "[1]",
            "9007199254740992",
            "-9007199254740992",
            "99999999999999999999",
        ] {
            assert_eq!(read(Some(text)), None, "{text}");
        }
    }

    #[test]
    fn nothing_counts_as_0() {
        assert_eq!(sum(None, 0), Some(0));
        assert_eq!(sum(None, -3), Some(-3));
    }

    #[test]
    fn a_sum_stays_within_the_limits() {
        assert_eq!(sum(Some("9007199254740990"), 1), Some(MAX));
        assert_eq!(sum(Some("9007199254740991"), 1), None);
        assert_eq!(sum(Some("-9007199254740991"), -1), None);
        assert_eq!(sum(Some("-9007199254740991"), 2 * MAX), Some(MAX));
        assert_eq!(sum(Some("9007199254740991"), i64::MAX), None);
        assert_eq!(sum(None, i64::MIN), None);
    }

    proptest! {
        #[test]
        fn a_counter_reads_back_as_it_was_written(counter in -MAX_COUNTER..=MAX_COUNTER) {
            let text = write(counter);
            prop_assert_eq!(&text, &counter.to_string());
            prop_assert_eq!(read(Some(&text)), Some(counter));
        }
    }
}
