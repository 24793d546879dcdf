use super::*;

const HOLD: Duration = Duration::from_millis(500);

/// A table with these hot keys, and the time.
fn hot(keys: &[&str]) -> (Table, Instant) {
    let (mut table, now) = (Table::default(), Instant::now());
    keys.iter().for_each(|key| table.heat(key, now));
    (table, now)
}

fn names(keys: &[Key]) -> Vec<&str> {
    keys.iter().map(|key| &**key).collect()
}

/// Asks, and must be granted something at once, or nothing.
fn granted(table: &mut Table, member: Member, keys: &[&str], now: Instant) -> Vec<Key> {
    match table.ask(member, keys, true, now) {
        Asked::Granted(keys) => keys,
        Asked::Wait(keys, _) => panic!("{member} waits for {keys:?}"),
    }
}

/// Asks, and must wait.
fn waits(
    table: &mut Table,
    member: Member,
    keys: &[&str],
    now: Instant,
) -> (Vec<Key>, oneshot::Receiver<()>) {
    match table.ask(member, keys, true, now) {
        Asked::Granted(keys) => panic!("{member} has {keys:?} at once"),
        Asked::Wait(keys, receiver) => (keys, receiver),
    }
}

fn has_come(receiver: &mut oneshot::Receiver<()>) -> bool {
    receiver.try_recv().is_ok()
}

#[test]
fn a_key_that_is_not_hot_has_no_turns() {
    let (mut table, now) = hot(&["a"]);
    assert!(granted(&mut table, 1, &["b"], now).is_empty());
    assert!(granted(&mut table, 2, &["b"], now).is_empty());
}

#[test]
fn turns_come_in_the_order_in_which_they_were_asked_for() {
    let (mut table, now) = hot(&["a"]);
    let held = granted(&mut table, 0, &["a"], now);
    let mut waiting: Vec<_> = (1..=5).map(|member| waits(&mut table, member, &["a"], now).1).collect();
    for member in 0..5_u64 {
        let place = member as usize;
        assert!(!has_come(&mut waiting[place]), "{member} has not written yet");
        table.end(member, &held, now);
        assert!(has_come(&mut waiting[place]));
        assert!(table.is_turn_of(member + 1, "a"));
    }
    table.end(5, &held, now);
    assert_eq!(names(&granted(&mut table, 6, &["a"], now)), ["a"]);
    assert_eq!(table.statistics(), TurnStatistics { hot_keys: 1, waits: 5, ..TurnStatistics::default() });
}

#[test]
fn who_has_a_turn_has_it_still_when_it_asks_again() {
    let (mut table, now) = hot(&["a"]);
    granted(&mut table, 1, &["a"], now);
    let _waiting = waits(&mut table, 2, &["a"], now);
    assert!(granted(&mut table, 1, &["a"], now).is_empty(), "nothing more to grant");
    assert!(table.is_turn_of(1, "a"));
}

#[test]
fn who_leaves_the_queue_takes_no_turn_away() {
    let (mut table, now) = hot(&["a"]);
    let held = granted(&mut table, 1, &["a"], now);
    let (keys, receiver) = waits(&mut table, 2, &["a"], now);
    let mut third = waits(&mut table, 3, &["a"], now).1;
    drop(receiver);
    table.leave(2, &keys, now);
    table.end(1, &held, now);
    assert!(has_come(&mut third));
}

#[test]
fn who_leaves_at_the_moment_of_its_turn_passes_it_on() {
    let (mut table, now) = hot(&["a"]);
    let held = granted(&mut table, 1, &["a"], now);
    let (keys, _receiver) = waits(&mut table, 2, &["a"], now);
    let mut third = waits(&mut table, 3, &["a"], now).1;
    table.end(1, &held, now);
    assert!(table.is_turn_of(2, "a"));
    table.leave(2, &keys, now);
    assert!(has_come(&mut third));
}

#[test]
fn who_gives_up_at_the_moment_of_its_turn_has_it() {
    let (mut table, now) = hot(&["a"]);
    let held = granted(&mut table, 1, &["a"], now);
    let (keys, _receiver) = waits(&mut table, 2, &["a"], now);
    table.end(1, &held, now);
    assert!(table.give_up(2, &keys, now));
    assert_eq!(table.statistics().without_turn, 0);
    let (keys, _receiver) = waits(&mut table, 3, &["a"], now);
    assert!(!table.give_up(3, &keys, now));
    assert_eq!(table.statistics().without_turn, 1);
    assert!(table.is_turn_of(2, "a"));
}

#[test]
fn a_turn_that_lasts_too_long_goes_to_the_first_who_waits() {
    let (mut table, now) = hot(&["a"]);
    let held = granted(&mut table, 1, &["a"], now);
    let (_, mut second) = waits(&mut table, 2, &["a"], now);
    let (keys, _third) = waits(&mut table, 3, &["a"], now);
    assert_eq!(table.overtake(&keys, HOLD, now), now + HOLD);
    assert!(!has_come(&mut second));
    // Whoever of them looks first does it for all.
    let late = now + HOLD;
    table.overtake(&keys, HOLD, late);
    assert!(has_come(&mut second));
    assert_eq!(table.statistics().overtaken, 1);
    table.end(1, &held, late);
    assert!(table.is_turn_of(2, "a"), "the end of a turn that was overtaken ends no other");
    assert_eq!(table.overtake(&keys, HOLD, late), late + HOLD, "the second has just begun");
}

#[test]
fn a_turn_that_nobody_waits_for_may_last() {
    let (mut table, now) = hot(&["a"]);
    let held = granted(&mut table, 1, &["a"], now);
    table.overtake(&held, HOLD, now + HOLD);
    assert!(table.is_turn_of(1, "a"));
}

#[test]
fn who_waits_for_several_keys_gets_them_together_and_holds_none_before() {
    let (mut table, now) = hot(&["a", "b", "c"]);
    let held = granted(&mut table, 1, &["b"], now);
    let (keys, mut both) = waits(&mut table, 2, &["c", "b", "b", "cold"], now);
    assert_eq!(names(&keys), ["b", "c"]);
    assert!(!table.is_turn_of(2, "c"));
    let mut behind = waits(&mut table, 3, &["c"], now).1;
    table.end(1, &held, now);
    assert!(has_come(&mut both));
    assert!(table.is_turn_of(2, "b") && table.is_turn_of(2, "c"));
    assert!(!has_come(&mut behind), "it came later");
    table.end(2, &keys, now);
    assert!(has_come(&mut behind));
}

#[test]
fn who_may_not_wait_takes_what_is_free_and_passes_nobody() {
    let (mut table, now) = hot(&["a", "b", "c"]);
    granted(&mut table, 1, &["a"], now);
    let _waiting = waits(&mut table, 2, &["a", "b"], now);
    let Asked::Granted(keys) = table.ask(3, &["a", "b", "c"], false, now) else { panic!("it waits") };
    assert_eq!(names(&keys), ["c"], "somebody waits for b, though nobody has its turn");
}

#[test]
fn a_key_cools_down_when_nobody_loses_or_waits() {
    let (mut table, now) = hot(&["a", "b"]);
    let late = now + QUIET;
    table.heat("b", late - Duration::from_millis(1));
    table.heat("c", late);
    assert_eq!(table.len(), 2, "b and c");
    table.heat("d", late + QUIET);
    assert_eq!(table.len(), 1, "d");
}

#[test]
fn a_key_stays_hot_while_somebody_waits_for_it() {
    let (mut table, now) = hot(&["a"]);
    let held = granted(&mut table, 1, &["a"], now);
    let mut second = waits(&mut table, 2, &["a"], now).1;
    let late = now + 10 * QUIET;
    table.heat("b", late);
    table.end(1, &held, late);
    assert!(has_come(&mut second));
    table.heat("c", late + QUIET - Duration::from_millis(1));
    assert!(table.is_turn_of(2, "a"));
}

#[test]
fn a_turn_that_nobody_waits_for_keeps_no_key_hot() {
    let (mut table, now) = hot(&["a"]);
    let held = granted(&mut table, 1, &["a"], now);
    table.heat("b", now + QUIET);
    assert!(!table.is_turn_of(1, "a"));
    table.end(1, &held, now + QUIET);
}

#[test]
fn a_hundred_thousand_lost_keys_take_a_bounded_place() {
    let (mut table, now) = hot(&[]);
    for number in 0..100_000 {
        table.heat(&format!("key-{number}"), now);
        assert!(table.len() <= MAX_HOT_KEYS);
    }
    assert!(granted(&mut table, 1, &["key-99999"], now).is_empty(), "there was no place for it");
    table.heat("key-99999", now + QUIET);
    assert_eq!(names(&granted(&mut table, 1, &["key-99999"], now + QUIET)), ["key-99999"]);
}

#[test]
fn who_finds_too_many_waiting_goes_without() {
    let (mut table, now) = hot(&["a"]);
    granted(&mut table, 0, &["a"], now);
    let waiting: Vec<_> =
        (1..=MAX_WAITING).map(|member| waits(&mut table, member as Member, &["a"], now)).collect();
    assert!(granted(&mut table, 5000, &["a"], now).is_empty());
    assert_eq!(table.statistics().without_turn, 1);
    assert_eq!(waiting.len(), MAX_WAITING);
}
