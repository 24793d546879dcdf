//! Any bytes are a record or a typed error: the decoder never panics, never takes memory out of proportion to
//! what it was given, and what it reads it can write again without a loss. A session whose item in the store
//! holds any bytes works or answers a typed error, and its other packages are kept.

#![no_main]

mod heap;
#[allow(dead_code, reason = "the tests of the core use more of it")]
#[path = "../../tests/behaviour/world.rs"]
mod world;

use libfuzzer_sys::fuzz_target;
use lovely_session_core::{Error, Header, Record, Session};

use crate::world::{World, container, package, session};

/// The most bytes on the heap for each byte of a record. Short keys cost most: about fifteen for each byte of
/// theirs.
const HEAP_PER_BYTE: usize = 32;

/// The bytes on the heap that even the smallest record may take.
const HEAP_FOR_ANY: usize = 4096;

fuzz_target!(|bytes: &[u8]| {
    let peak = heap::peak_of(|| read_everything(bytes));
    let most = bytes.len() * HEAP_PER_BYTE + HEAP_FOR_ANY;
    assert!(peak <= most, "reading {} bytes took {peak} bytes on the heap", bytes.len());
    write_again(bytes);
    use_in_a_session(bytes);
});

fn read_everything(bytes: &[u8]) {
    if let Ok(record) = Record::decode(bytes.to_vec()) {
        record.package_names().for_each(|name| drop(record.package(name)));
        record.pending_packages();
    }
}

/// A record that was read, written and read again says the same.
fn write_again(bytes: &[u8]) {
    let Ok(record) = Record::decode(bytes.to_vec()) else { return };
    let written = record.rewrite(record.header());
    let again = Record::decode(written.clone()).expect("what is written can be read");
    assert_eq!(told(again.header()), told(record.header()));
    assert!(again.package_names().eq(record.package_names()));
    for name in record.package_names() {
        match (again.package(name), record.package(name)) {
            (Ok(Some(again)), Ok(Some(package))) => {
                assert!(again.entries().eq(package.entries()));
                assert!(package.entries().is_sorted_by(|(one, _), (next, _)| one < next));
                assert!(package.entries().all(|(key, text)| package.get(key) == Some(text)));
            }
            (again, package) => assert_eq!(again.unwrap_err(), package.unwrap_err()),
        }
    }
    assert_eq!(again.rewrite(again.header()), written, "it is written in one way only");
}

/// All that a first line says, less what is pending: that is not written again.
fn told(header: &Header) -> String {
    let mut header = header.clone();
    header.pending = None;
    format!("{header:?}")
}

/// A transaction on a session of these bytes changes what it writes, and nothing else.
fn use_in_a_session(bytes: &[u8]) {
    let world = World::new();
    world.put_raw("s", bytes);
    let tx = world.begin();
    let Ok(found) = container().session(&tx, "s") else { return };
    let before = others(&found);
    match found.package("p").and_then(|package| package.set("k", "1")) {
        Err(Error::Damaged { .. }) => return,
        result => result.expect("a package that can be read can be written"),
    }
    match tx.commit() {
        Err(Error::TooLarge { .. }) => return,
        result => result.expect("nobody else wrote"),
    }
    let tx = world.begin();
    assert_eq!(package(&tx, "s").get("k"), Ok(Some("1".to_owned())));
    assert_eq!(others(&session(&tx, "s")), before);
}

type Content = Vec<(String, Result<Vec<(String, String)>, Error>)>;

/// What the packages of a session hold that are not written here.
fn others(session: &Session<World>) -> Content {
    let names = session.packages().expect("the names are in the first line");
    let others = names.into_iter().filter(|name| name != "p");
    others
        .map(|name| {
            let entries = session.package(&name).and_then(|package| package.entries());
            (name, entries)
        })
        .collect()
}
