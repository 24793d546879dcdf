//! JSON text: checking it, and finding the values of an object without copying them.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Checks that a text is one JSON value, and answers it without the white space around it.
///
/// # Errors
/// What is wrong with it, with line and column.
pub fn check(text: &str) -> Result<&str, String> {
    serde_json::from_str::<&RawValue>(text).map(RawValue::get).map_err(|error| error.to_string())
}

/// Where the values of a JSON object stand in its text, by key.
pub type Spans = BTreeMap<String, Range<usize>>;

/// Finds the values of a JSON object. The spans count from the beginning of `text`.
///
/// # Errors
/// When the text is not an object of distinct keys.
pub fn object_spans(text: &str) -> Result<Spans, String> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let spans = deserializer.deserialize_map(SpanVisitor { text }).map_err(|error| error.to_string())?;
    deserializer.end().map_err(|error| error.to_string())?;
    Ok(spans)
}

/// Appends a JSON string.
pub fn push_string(text: &str, document: &mut Vec<u8>) {
    // Writing a string to a vector cannot fail.
    let _ = serde_json::to_writer(document, text);
}

struct SpanVisitor<'t> {
    text: &'t str,
}

impl<'t> Visitor<'t> for SpanVisitor<'t> {
    type Value = Spans;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Spans, A::Error> {
        let mut spans = Spans::new();
        while let Some((key, value)) = map.next_entry::<String, &'t RawValue>()? {
            // The value borrows from the text, so the difference of their addresses is its place.
            let start = (value.get().as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
            if spans.insert(key, start..start + value.get().len()).is_some() {
                return Err(A::Error::custom("a key occurs twice"));
            }
        }
        Ok(spans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_where_they_stand() {
        let text = r#" {"a": 1, "b\n": {"x": [1, 2]} , "": "t" } "#;
        let spans = object_spans(text).unwrap();
        let found: Vec<_> = spans.iter().map(|(key, span)| (key.as_str(), &text[span.clone()])).collect();
        assert_eq!(found, [("", r#""t""#), ("a", "1"), ("b\n", r#"{"x": [1, 2]}"#)]);
    }

    #[test]
    fn what_is_not_an_object_of_distinct_keys_is_refused() {
        for text in ["", "[]", "{", r#"{"a":1"#, r#"{"a":1} x"#, r#"{"a":1,"a":2}"#, r#"{"a":nope}"#] {
            assert!(object_spans(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_checked_text_loses_only_the_space_around_it() {
        assert_eq!(check(" [1, 2] \n"), Ok("[1, 2]"));
        for text in ["", " ", "1 2", "{'a': 1}", "nul", "\"open", "[1,]", "\u{1}"] {
            assert!(check(text).is_err(), "{text}");
        }
    }

    #[test]
    fn deeply_nested_text_does_not_overflow_the_stack() {
        let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        assert_eq!(check(&deep), Ok(deep.as_str()));
    }
    #[test]
    fn people_are_told_that_an_object_was_expected() {
        let reason = object_spans("[1]").unwrap_err();
        assert!(reason.contains("expected an object"), "{reason}");
    }
}
