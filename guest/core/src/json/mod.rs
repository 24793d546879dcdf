//! JSON text: checking it, finding the values of an object without copying them, and writing strings and
//! numbers.
//!
//! Written by hand for the size of the component and for speed: nothing here builds values, formats floating
//! point numbers, or allocates for text without escapes.

mod object;
mod plain;
mod scan;
mod write;

use alloc::string::String;

pub use self::object::{Key, Member, Members};
pub use self::plain::line_length;
pub use self::scan::{Scanner, SyntaxError};
pub use self::write::{push_number, push_string};

/// Checks that a text is one JSON value, and returns it without the white space around it.
///
/// # Errors
/// A description of the syntax error, with line and column.
pub fn check(text: &str) -> Result<&str, String> {
    let mut scanner = Scanner::new(text);
    let range = scanner.value().and_then(|range| scanner.end().map(|()| range));
    match range {
        Ok(range) => Ok(text.get(range).unwrap_or_default()),
        Err(SyntaxError) => Err(scanner.describe()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;

    fn found<'t>(text: &'t str, members: &'t Members) -> Vec<(&'t str, &'t str)> {
        let key = |member: &'t Member| std::str::from_utf8(member.key(text.as_bytes())).unwrap();
        members.as_slice().iter().map(|member| (key(member), &text[member.value.clone()])).collect()
    }

    #[test]
    fn the_values_of_an_object_are_found() {
        let text = r#" {"a": 1, "b\n": {"x": [1, 2]} , "": "t" } "#;
        let members = Members::of(text).unwrap();
        assert_eq!(found(text, &members), [("", r#""t""#), ("a", "1"), ("b\n", r#"{"x": [1, 2]}"#)]);
        assert!(Members::of(" { } ").unwrap().as_slice().is_empty());
    }

    #[test]
    fn values_are_sorted_by_key_in_whatever_order_they_stand() {
        for text in [r#"{"a":1,"b":2,"c":3}"#, r#"{"c":3,"b":2,"a":1}"#, r#"{"b":2,"c":3,"a":1}"#] {
            let members = Members::of(text).unwrap();
            assert_eq!(found(text, &members), [("a", "1"), ("b", "2"), ("c", "3")], "{text}");
        }
    }

    #[test]
    fn every_character_that_must_be_escaped_is_written_as_serde_json_writes_it() {
        for character in ('\0'..' ').chain(['"', '\\', '/', '\u{7f}']) {
            let mut document = Vec::new();
            push_string(&String::from(character), &mut document);
            assert_eq!(document, serde_json::to_vec(&character).unwrap(), "{character:?}");
        }
    }

    #[test]
    fn what_is_not_an_object_of_distinct_keys_is_refused() {
        for text in [
            "",
            "[]",
            "{",
            "{,}",
            r#"{"a":1,}"#,
            r#"{"a" 1}"#,
            r#"{"a":1 "b":2}"#,
            r#"{"a":1"#,
            r#"{"a":1} x"#,
            r#"{"a":1,"a":2}"#,
            r#"{"a":1,"b":2,"\u0061":3}"#,
            r#"{"a":nope}"#,
            r#"{"\ud800":1}"#,
        ] {
            assert!(Members::of(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_checked_text_loses_only_the_space_around_it() {
        assert_eq!(check(" [1, 2] \n"), Ok("[1, 2]"));
        for text in ["", " ", "1 2", "{'a': 1}", "nul", "\"open", "[1,]", "\u{1}", "01", "1.", "-", "1e+"] {
            assert!(check(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_have_a_sign_a_fraction_and_an_exponent_with_a_sign_of_its_own() {
        for text in ["0", "-0", "12", "-1.25", "1e5", "1E+5", "1.5e-5"] {
            assert_eq!(check(text), Ok(text));
        }
    }

    #[test]
    fn an_escape_has_four_hexadecimal_digits() {
        assert!(check(r#""\u00Fa0""#).is_ok());
        for text in [r#""\u""#, r#""\u0""#, r#""\u00""#, r#""\u004""#, r#""\u00g0""#, r#""\u 041""#] {
            assert!(check(text).is_err(), "{text}");
        }
    }

    #[test]
    fn errors_have_line_and_column() {
        assert_eq!(check("[1,\n 2,]").unwrap_err(), "a value is missing at line 2 column 4");
        assert_eq!(check("").unwrap_err(), "a value is missing at line 1 column 1");
    }

    #[test]
    fn deeply_nested_text_does_not_overflow_the_stack() {
        let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        assert_eq!(check(&deep), Ok(deep.as_str()));
    }

    /// Texts that are valid or almost valid JSON.
    fn texts() -> impl Strategy<Value = String> {
        let token = prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\"a\"",
            "\"b\\n\"",
            "\\",
            "\\u00e9",
            "\\ud83d\\ude00",
            "\\ud800",
            "\\x",
            "é",
            "0",
            "1",
            "-",
            ".",
            "e",
            "E",
            "+",
            "12",
            "-0.5e+3",
            "1e5",
            "true",
            "false",
            "null",
            "nul",
            " ",
            "\n",
            "\t",
            "\r",
            "\u{b}",
            "\u{1f}",
        ]);
        prop::collection::vec(token, 0..12).prop_map(|tokens| tokens.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn what_is_json_is_what_serde_json_takes_for_json(text in texts()) {
            let expected = serde_json::from_str::<&RawValue>(&text).ok().map(RawValue::get);
            prop_assert_eq!(check(&text).ok(), expected);
        }

        #[test]
        fn an_object_has_the_entries_that_serde_json_finds(text in texts(), key in any::<String>()) {
            let quoted = serde_json::to_string(&key).unwrap();
            for text in [format!("{{{quoted}:{text}}}"), format!("{{\"a\":1,{quoted} : [] , {text}}}")] {
                let expected = serde_json::from_str::<std::collections::BTreeMap<String, &RawValue>>(&text);
                let members = Members::of(&text);
                // serde_json keeps the last of equal keys.
                if let Ok(members) = &members {
                    let found: Vec<_> =
                        found(&text, members).into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
                    let expected = expected.unwrap();
                    let expected: Vec<_> =
                        expected.iter().map(|(key, value)| (key.clone(), value.get())).collect();
                    prop_assert_eq!(found, expected);
                } else if let Ok(expected) = expected {
                    prop_assert!(text.matches(':').count() > expected.len());
                }
            }
        }

        #[test]
        fn a_string_reads_back_as_it_was_written(text in any::<String>()) {
            let mut document = Vec::new();
            push_string(&text, &mut document);
            prop_assert_eq!(&document, &serde_json::to_vec(&text).unwrap());
            let document = String::from_utf8(document).unwrap();
            prop_assert_eq!(Scanner::new(&document).string().unwrap(), text);
        }

        #[test]
        fn a_number_reads_back_as_it_was_written(number in any::<u64>()) {
            let mut document = Vec::new();
            push_number(number, &mut document);
            let document = String::from_utf8(document).unwrap();
            prop_assert_eq!(&document, &number.to_string());
            prop_assert_eq!(Scanner::new(&document).number().unwrap(), number);
        }
    }
}
