//! Steps on the data of a session.

use std::collections::BTreeMap;

use lovely_session::{Package, Session};
use serde_json::{Map, Value, json};

use crate::error::Failure;
use crate::plan::Step;

/// Does a step on a session.
pub fn on_session(session: &Session, step: &Step) -> Result<Value, Failure> {
    Ok(match step.name.as_str() {
        "is-new" => session.is_new()?.into(),
        "last-accessed" => session.last_accessed()?.into(),
        "packages" => session.packages()?.into(),
        "remove-package" => session.remove_package(step.text(0))?.into(),
        _ => on_package(&session.package(step.text(0))?, step)?,
    })
}

/// Does a step on the package that it names.
pub fn on_package(package: &Package, step: &Step) -> Result<Value, Failure> {
    let key = step.text(1);
    Ok(match step.name.as_str() {
        "get" => package.get::<Value>(key)?.unwrap_or_default(),
        "peek" => package.peek::<Value>(key)?.unwrap_or_default(),
        "get-number" => package.get::<f64>(key)?.map_or(Value::Null, number),
        "has" => package.contains(key)?.into(),
        "keys" => package.keys()?.into(),
        "entries" => package.entries::<Value, Map<_, _>>()?.into(),
        "peek-entries" => package.peek_entries::<Value, Map<_, _>>()?.into(),
        "length" => package.len()?.into(),
        "remove" => package.remove(key)?.into(),
        _ => write(package, step).map(|()| Value::Null)?,
    })
}

fn write(package: &Package, step: &Step) -> Result<(), Failure> {
    let key = step.text(1);
    match step.name.as_str() {
        "set" => package.set(key, step.value(2))?,
        "set-bad" => package.set(key, &BTreeMap::from([((1, 2), 3)]))?,
        "update" => package.update(step.value(1).as_object().cloned().unwrap_or_default())?,
        "add" => package.add(key, step.number(2))?,
        "clear" => package.clear()?,
        other => return Err(Failure::NoStep(other.to_owned())),
    }
    Ok(())
}

/// A number as it is written in JSON: without a fraction where it has none.
fn number(number: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "only numbers without a fraction are converted")]
    if number.fract() == 0.0 { json!(number as i64) } else { json!(number) }
}
