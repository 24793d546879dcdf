//! Checks that any bytes are a record or give a typed error: the decoder never panics, takes memory in proportion to
//! its input, and what it reads is written again without loss. A session whose entry in the store holds any bytes
//! works or returns a typed error, and keeps its other packages.

#![no_main]

mod heap;
#[allow(dead_code, unused_imports, reason = "the tests of the core use more of it")]
#[path = "../../tests/behaviour/world/mod.rs"]
mod world;

use libfuzzer_sys::fuzz_target;
use lovely_session_core::{Error, Header, Record, Session};

use crate::world::{World, container, package, session};

/// The maximum number of bytes on the heap for each byte of a record. Short keys need most: about fifteen per byte.
const HEAP_PER_BYTE: usize = 32;

/// The number of bytes on the heap that any record may take in addition.
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

/// Checks that a record that was read, written and read again is the same.
fn write_again(bytes: &[u8]) {
    let Ok(record) = Record::decode(bytes.to_vec()) else { return };
    let written = record.rewrite(record.header());
    let again = Record::decode(written.clone()).expect("what is written can be read");
    assert_eq!(shown(again.header()), shown(record.header()));
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
    assert_eq!(again.rewrite(again.header()), written, "there is only one way to write a record");
}

/// The header as text, without the pending change: that is not written again.
fn shown(header: &Header) -> String {
    let mut header = header.clone();
    header.pending = None;
    format!("{header:?}")
}

/// Checks that a transaction on a session with these bytes changes what it writes, and nothing else.
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

/// The packages that this target does not write.
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
