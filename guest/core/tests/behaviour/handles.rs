//! Names and debug output of handles.

use crate::world::{World, package, session};

#[test]
fn a_handle_shows_nothing_of_the_session_when_it_is_printed() {
    let world = World::new();
    let tx = world.begin();
    let it = session(&tx, "secret id");
    let data = it.package("secret package").unwrap();
    data.set("secret key", "\"secret value\"").unwrap();
    let savepoint = tx.savepoint().unwrap();
    assert_eq!(format!("{tx:?}"), "Transaction { .. }");
    assert_eq!(format!("{it:?}"), "Session { .. }");
    assert_eq!(format!("{data:?}"), "Package { .. }");
    assert_eq!(format!("{savepoint:?}"), "Savepoint { .. }");
}

#[test]
fn a_package_knows_its_name_and_whether_it_is_empty() {
    let world = World::new();
    let data = package(&world.begin(), "s");
    assert_eq!(data.name(), "p");
    let tx = world.begin();
    let data = package(&tx, "s");
    assert_eq!(data.is_empty(), Ok(true));
    data.set("k", "null").unwrap();
    assert_eq!(data.is_empty(), Ok(false));
    data.remove("k").unwrap();
    assert_eq!(data.is_empty(), Ok(true));
}
