//! Whole transactions.

use crate::bindings::{Container, Error, Package, Session, Transaction};

/// The container of all sessions.
const CONTAINER: &str = "bench";

/// The package that transactions work on; the others only make the record larger.
const PACKAGE: &str = "package 0";

/// The key that a visit changes.
const COUNT: &str = "count";

/// The bytes of the package that transactions work on, before it gets more keys.
const PACKAGE_BYTES: usize = 100;

/// Stores a session.
pub fn fill(id: &str, packages: u32, bytes: u32, keys: u32) -> Result<(), Error> {
    let transaction = Transaction::new(None);
    let session = container()?.session(&transaction, id)?;
    let worked_on = session.package(PACKAGE)?;
    worked_on.update(&contents(PACKAGE_BYTES))?;
    let more: Vec<_> = (0..keys).map(|number| (key(number), "12345678".to_owned())).collect();
    worked_on.update(&more)?;
    for number in 1..packages {
        session.package(&format!("package {number}"))?.update(&contents(bytes as usize))?;
    }
    transaction.commit()
}

/// A visit of one session; false when it lost a race.
pub fn visit(id: &str) -> Result<bool, Error> {
    let transaction = Transaction::new(None);
    let session = container()?.session(&transaction, id)?;
    count_up(&session)?;
    let _savepoint = transaction.savepoint()?;
    match transaction.commit() {
        Err(Error::Conflict(_)) => Ok(false),
        settled => settled.map(|()| true),
    }
}

/// A visit of several sessions at once.
pub fn visit_all(ids: &[String]) -> Result<(), Error> {
    let transaction = Transaction::new(None);
    for session in join(&transaction, ids)? {
        count_up(&session)?;
    }
    let _savepoint = transaction.savepoint()?;
    transaction.commit()
}

/// How often the session was visited, and 1.
pub fn count(id: &str) -> Result<u64, Error> {
    let transaction = Transaction::new(None);
    let session = container()?.session(&transaction, id)?;
    counted(&session.package(PACKAGE)?)
}

/// Has sessions join a transaction, in one round trip.
pub fn join(transaction: &Transaction, ids: &[String]) -> Result<Vec<Session>, Error> {
    container()?.session_many(transaction, ids)
}

/// Reads a key and changes it. Gives the package that it is in.
pub fn count_up(session: &Session) -> Result<Package, Error> {
    let package = session.package(PACKAGE)?;
    let count = counted(&package)? + 1;
    package.set(COUNT, &count.to_string())?;
    Ok(package)
}

/// The names of the keys that a session has more of.
pub fn key(number: u32) -> String {
    format!("key {number}")
}

fn counted(package: &Package) -> Result<u64, Error> {
    Ok(package.get(COUNT)?.and_then(|json| json.parse().ok()).unwrap_or(0))
}

fn container() -> Result<Container, Error> {
    Container::open(CONTAINER, None)
}

/// The keys and values that fill a package of so many bytes.
fn contents(bytes: usize) -> [(String, String); 2] {
    let others = r#"{"count":1,"text":""}"#.len();
    let text = "x".repeat(bytes.saturating_sub(others));
    [(COUNT.to_owned(), "1".to_owned()), ("text".to_owned(), format!("\"{text}\""))]
}
