//! What records say about themselves, and how readers keep them as long as they are needed.

use std::rc::Rc;

use lovely_session_core::{Container, ContainerOptions, Error, Record};

use crate::accounts::{accounts, crash_after, roles, transfer};
use crate::world::{Fault, World, container, container_with, is_alive, owned, package};

fn ended_in(world: &Rc<World>, timeout: u32, remember_ended: u32) -> Container {
    let container =
        container_with(ContainerOptions { timeout, remember_ended, ..ContainerOptions::default() });
    let tx = world.begin();
    container.session(&tx, "s").unwrap().package("p").unwrap().set("k", "1").unwrap();
    tx.commit().unwrap();
    let tx = world.begin();
    container.session(&tx, "s").unwrap().destroy().unwrap();
    tx.commit().unwrap();
    container
}

#[test]
fn reading_a_tombstone_does_not_shorten_its_lifetime() {
    let world = World::new();
    let container = ended_in(&world, 30, 600);
    assert!(matches!(container.resume(&world.begin(), "s"), Err(Error::Ended(_))));
    world.advance(500);
    assert!(matches!(container.resume(&world.begin(), "s"), Err(Error::Ended(_))));
}

#[test]
fn reading_a_tombstone_does_not_keep_it_for_ever() {
    let world = World::new();
    let container = ended_in(&world, 0, 60);
    assert!(matches!(container.resume(&world.begin(), "s"), Err(Error::Ended(_))));
    world.advance(70);
    assert_eq!(world.len(), 0);
}

#[test]
fn a_session_that_timed_out_and_cannot_be_removed_is_an_error_and_not_taken_for_alive_later() {
    for fault in [Fault::Refused, Fault::RequestLost, Fault::Unreachable] {
        let world = World::new();
        world.store("s", &[("k", "1")]);
        world.advance(3600);
        world.inject([fault]);
        let error = container().resume(&world.begin(), "s").unwrap_err();
        assert!(matches!(error, Error::Store(_)), "{error:?}");
    }
}

#[test]
fn a_record_tells_by_itself_when_it_ends_after_a_store_without_expiry_slid_it() {
    let world = World::new();
    world.slides.set(false);
    world.expires.set(false);
    world.store("s", &[("k", "1")]);
    world.advance(400);
    assert!(is_alive(&world, "s"));
    world.slides.set(true);
    world.expires.set(true);
    world.advance(3600);
    assert!(!is_alive(&world, "s"));
}

#[test]
fn a_record_tells_by_itself_when_it_ends_after_a_store_without_expiry_prepared_it() {
    let world = accounts();
    world.expires.set(false);
    // The first batch is refused because of its expiry, and sent again without one.
    crash_after(&world, 2);
    assert!(transfer(&world).commit().is_err());
    world.recover();
    world.expires.set(true);
    let kept = roles().map(|id| Record::decode(world.raw(id).unwrap()).unwrap().header().is_kept());
    assert_eq!(kept, [false, true]);
    world.advance(3601);
    assert!(!is_alive(&world, roles()[1]));
}

#[test]
fn a_record_remembers_when_its_session_was_first_stored() {
    let world = World::new();
    let start = world.seconds();
    for number in 0..3 {
        world.store("s", &[("k", &number.to_string())]);
        world.advance(100);
    }
    let record = Record::decode(world.raw("s").unwrap()).unwrap();
    assert_eq!((record.header().created, record.header().saved), (start, start + 200));
}

#[test]
fn a_creation_whose_answer_was_lost_is_recognised_by_its_life_after_any_number_of_commits() {
    let world = World::new();
    let tx = world.begin();
    package(&tx, "s").set("k", "1").unwrap();
    world.inject([Fault::ReplyLost]);
    let others = Rc::clone(&world);
    world.after_write(move || {
        for number in 0..9 {
            others.store("s", &[("k", &number.to_string())]);
        }
    });
    tx.commit().unwrap();
    assert_eq!(world.stored("s"), owned(&[("k", "8")]));
}
