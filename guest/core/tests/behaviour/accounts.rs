//! Two sessions that a transfer changes together, for tests of commits over several sessions.

use std::rc::Rc;

use crate::world::{Fault, Tx, World, key, package};

/// A transaction that moves 1 from the session `a` to the session `b`.
pub fn transfer(world: &Rc<World>) -> Tx {
    let tx = world.begin();
    add(&tx, "a", -1);
    add(&tx, "b", 1);
    tx
}

pub fn add(tx: &Tx, id: &str, amount: i32) {
    let data = package(tx, id);
    let held: i32 = data.get("k").unwrap().map_or(0, |text| text.parse().unwrap());
    data.set("k", &(held + amount).to_string()).unwrap();
}

/// The sessions `a` and `b`, which hold 10 each.
pub fn accounts() -> Rc<World> {
    let world = World::new();
    for id in ["a", "b"] {
        world.store(id, &[("k", "10")]);
    }
    world
}

pub fn balances(world: &Rc<World>) -> [String; 2] {
    ["a", "b"].map(|id| world.stored(id).pop().map(|(_, value)| value).unwrap_or_default())
}

/// The sessions `a` and `b`: first the primary of a commit over both, then the one that waits.
pub fn roles() -> [&'static str; 2] {
    if key("a") < key("b") { ["a", "b"] } else { ["b", "a"] }
}

/// The balance of a session after one transfer.
pub fn after_transfer(id: &str) -> &'static str {
    if id == "a" { "9" } else { "11" }
}

/// Makes the client crash after this number of batches of writes: the store refuses everything after that.
pub fn crash_after(world: &Rc<World>, batches: usize) {
    world.skip_writes(batches);
    let crashing = Rc::clone(world);
    world.before_write(move || crashing.inject([Fault::Refused; 20]));
}

/// Adds a pending change to a record that waits for the record under the key `primary`.
pub fn waiting_for(world: &Rc<World>, id: &str, primary: &str) {
    let record = String::from_utf8(world.raw(id).unwrap()).unwrap();
    let pending = format!(
        "\"pending\":{{\"mark\":\"00000000000000ff\",\"primary\":\"{primary}\",\"expects\":\"01\",\
         \"since\":1700000000,\"effect\":\"change\",\"packages\":[[\"p\",7]],\"removed\":[]}},\"packages\""
    );
    let record = record.replacen("\"packages\"", &pending, 1) + "{\"k\":7}\n";
    world.put_raw(id, record.as_bytes());
}

/// Two accounts after a transfer whose client crashed after the decision, before the other record was settled.
pub fn unsettled_transfer() -> Rc<World> {
    let world = accounts();
    crash_after(&world, 2);
    transfer(&world).commit().unwrap();
    world.recover();
    world
}

/// Two accounts after a transfer whose client crashed before the decision.
pub fn undecided_transfer() -> Rc<World> {
    let world = accounts();
    crash_after(&world, 1);
    assert!(transfer(&world).commit().is_err());
    world.recover();
    world
}
