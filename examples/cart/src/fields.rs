//! The body of a request: the members of a JSON object, or the fields of a form.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::percent;

/// Named values, read in the same way from either encoding. Of equal names the last one is used.
#[derive(Debug)]
pub enum Fields {
    /// A JSON object.
    Json(Map<String, Value>),
    /// `application/x-www-form-urlencoded`, where everything is a text.
    Form(BTreeMap<String, String>),
}

impl Fields {
    /// None if the body is not a JSON object.
    pub fn from_json(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok().map(Self::Json)
    }

    /// None if the body is not a well-formed form.
    pub fn from_form(body: &[u8]) -> Option<Self> {
        let pairs = std::str::from_utf8(body).ok()?.split('&').filter(|pair| !pair.is_empty());
        pairs.map(form_field).collect::<Option<_>>().map(Self::Form)
    }

    /// A text; none if it is missing or not a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self {
            Self::Json(members) => members.get(name)?.as_str(),
            Self::Form(fields) => fields.get(name).map(String::as_str),
        }
    }

    /// A whole number; none if it is missing or not a whole number. In JSON, neither `"2"` nor
    /// `2.0` is one.
    pub fn whole_number(&self, name: &str) -> Option<u64> {
        match self {
            Self::Json(members) => members.get(name)?.as_u64(),
            Self::Form(fields) => fields.get(name)?.parse().ok(),
        }
    }
}

fn form_field(pair: &str) -> Option<(String, String)> {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    Some((form_text(name)?, form_text(value)?))
}

fn form_text(encoded: &str) -> Option<String> {
    percent::decode(&encoded.replace('+', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_decoded() {
        let form = Fields::from_form(b"sku=red+apple%26pear&qty=2&&flag").unwrap();
        assert_eq!(form.text("sku"), Some("red apple&pear"));
        assert_eq!(form.whole_number("qty"), Some(2));
        assert_eq!(form.text("flag"), Some(""));
        assert_eq!(form.text("coupon"), None);
    }

    #[test]
    fn an_encoded_plus_in_a_form_is_a_plus() {
        assert_eq!(Fields::from_form(b"sku=1%2B1").unwrap().text("sku"), Some("1+1"));
    }

    #[test]
    fn a_malformed_form_is_refused() {
        assert!(Fields::from_form(b"sku=%zz").is_none());
        assert!(Fields::from_form(b"sku=\xff").is_none());
    }

    #[test]
    fn a_json_object_is_read() {
        let json = Fields::from_json(br#"{"sku": "apple", "qty": 2}"#).unwrap();
        assert_eq!(json.text("sku"), Some("apple"));
        assert_eq!(json.whole_number("qty"), Some(2));
        assert_eq!(json.text("qty"), None);
    }

    #[test]
    fn json_that_is_not_an_object_is_refused() {
        for body in ["", "[\"apple\", 2]", "null", "{", "{} x", "\"sku\""] {
            assert!(Fields::from_json(body.as_bytes()).is_none(), "{body}");
        }
    }

    #[test]
    fn only_a_whole_number_is_read_as_one() {
        for number in ["2.0", "2.5", "1e2", "-1", "\"2\"", "null", "true", "1e400", "99999999999999999999"] {
            let body = format!(r#"{{"qty": {number}}}"#);
            let read = Fields::from_json(body.as_bytes()).and_then(|json| json.whole_number("qty"));
            assert_eq!(read, None, "{number}");
        }
    }

    #[test]
    fn a_number_in_a_form_has_only_digits() {
        for number in ["", "2.0", "-1", "two", " 2"] {
            let form = Fields::Form([("qty".to_owned(), number.to_owned())].into());
            assert_eq!(form.whole_number("qty"), None, "{number}");
        }
    }
}
