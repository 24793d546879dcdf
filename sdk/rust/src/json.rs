//! Conversion of values to JSON texts and back.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, JsonError};

/// Returns the JSON text of a value.
pub(crate) fn write<T: Serialize + ?Sized>(package: &str, key: &str, value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|reason| Error::NotSerializable(problem(package, key, reason)))
}

/// Returns the value of a JSON text.
pub(crate) fn read<T: DeserializeOwned>(package: &str, key: &str, json: &str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|reason| Error::WrongType(problem(package, key, reason)))
}

fn problem(package: &str, key: &str, reason: serde_json::Error) -> JsonError {
    JsonError { package: package.to_owned(), key: key.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::error::Error as _;

    use super::*;

    #[test]
    fn what_was_written_is_read_again() {
        let items = BTreeMap::from([("apple".to_owned(), 2), ("pear".to_owned(), 1)]);
        let json = write("cart", "items", &items).unwrap();
        assert_eq!(json, r#"{"apple":2,"pear":1}"#);
        assert_eq!(read::<BTreeMap<String, i32>>("cart", "items", &json).unwrap(), items);
    }

    #[test]
    fn what_does_not_fit_says_where_and_why_and_its_text_hides_the_value() {
        let error = read::<u32>("cart", "apple", "\"secret\"").unwrap_err();
        let text = error.to_string();
        assert_eq!(
            text,
            r#"the value of key "apple" in package "cart" does not have the type it was read as"#
        );
        assert!(error.source().unwrap().to_string().contains("expected u32"));
        let Error::WrongType(problem) = error else { panic!("{error:?}") };
        assert_eq!((problem.package.as_str(), problem.key.as_str()), ("cart", "apple"));
        assert!(problem.reason.is_data());
    }

    #[test]
    fn a_value_without_a_json_form_is_refused() {
        let no_texts = BTreeMap::from([((1, 2), 3)]);
        let error = write("cart", "pairs", &no_texts).unwrap_err();
        assert!(matches!(error, Error::NotSerializable(problem) if problem.key == "pairs"));
    }
}
