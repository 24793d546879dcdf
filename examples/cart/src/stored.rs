//! Typed values in a package: a session stores JSON texts.

use serde::{Serialize, de::DeserializeOwned};

use crate::bindings::Package;
use crate::refusal::Refusal;
use crate::transact::Failure;

/// Something else than this application wrote to the session.
const UNREADABLE: Refusal = Refusal::new(500, "the session holds something that is not a cart");

pub fn get<T: DeserializeOwned>(package: &Package, key: &str) -> Result<Option<T>, Failure> {
    package.get(key)?.map(|json| parse(&json)).transpose()
}

pub fn set<T: Serialize>(package: &Package, key: &str, value: &T) -> Result<(), Failure> {
    let json = serde_json::to_string(value).map_err(|_| UNREADABLE)?;
    Ok(package.set(key, &json)?)
}

pub fn parse<T: DeserializeOwned>(json: &str) -> Result<T, Failure> {
    serde_json::from_str(json).map_err(|_| UNREADABLE.into())
}
