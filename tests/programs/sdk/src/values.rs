//! Values of many types.

use std::collections::BTreeMap;

use lovely_session::{Container, ContainerOptions, Error, Package, Transaction, transact};

use crate::Answer;

/// Stores values of several types and reads them, with and without their types.
pub fn typed() -> Result<Answer, Error> {
    transact(|transaction| {
        let values = package(transaction)?;
        values.update([("pear", 1), ("apple", 2)])?;
        let entries: BTreeMap<String, u8> = values.entries()?;
        values.set("pair", &(1.5, "text"))?;
        let pair: Option<(f64, String)> = values.get("pair")?;
        let json = values.get_json("pair")?;
        Ok(format!("{entries:?} {pair:?} {json:?} {:?}", values.get::<u8>("absent")?).into())
    })
}

/// Adds to counters, and peeks at them.
pub fn counters() -> Result<Answer, Error> {
    transact(|transaction| {
        let counters = package(transaction)?;
        counters.add("visits", 2)?;
        counters.add("visits", 40)?;
        counters.add("balance", -7)?;
        let all: BTreeMap<String, i64> = counters.peek_entries()?;
        let absent = counters.peek::<u8>("absent")?;
        Ok(format!("{all:?} {:?} {absent:?}", counters.peek_json("visits")?).into())
    })
}

/// Adds to a value that is not a counter, and to a counter at its limit.
pub fn no_counter() -> Result<Answer, Error> {
    transact(|transaction| {
        let values = package(transaction)?;
        values.set("name", "apple")?;
        values.set("most", &9_007_199_254_740_991_u64)?;
        let refused = ["name", "most"].map(|key| match values.add(key, 1) {
            Err(error @ Error::NotACounter(_)) => error.to_string(),
            other => format!("{other:?}"),
        });
        Ok(refused.join("; ").into())
    })
}

/// Reads a value as another type.
pub fn unfit() -> Result<Answer, Error> {
    let read = transact(|transaction| {
        let values = package(transaction)?;
        values.set("name", "apple")?;
        values.get::<u8>("name")
    });
    match read {
        Err(Error::WrongType(problem)) => {
            Ok(format!("unfit: {} in {}, {}", problem.key, problem.package, problem.reason).into())
        }
        other => Ok(format!("{other:?}").into()),
    }
}

/// Stores several values, one of which cannot be written as JSON, and returns what is stored.
pub fn half_an_update() -> Result<Answer, Error> {
    transact(|transaction| {
        let values = package(transaction)?;
        let good = BTreeMap::new();
        let updated = values.update([("good", good), ("bad", BTreeMap::from([((1, 2), 3)]))]);
        let Err(Error::NotSerializable(problem)) = updated else {
            return Ok("it was stored".to_owned().into());
        };
        Ok(format!("no JSON for {}; there are {} keys", problem.key, values.len()?).into())
    })
}

fn package(transaction: &Transaction) -> Result<Package, Error> {
    Container::open("values", ContainerOptions::DEFAULT)?.create(transaction)?.package("values")
}
