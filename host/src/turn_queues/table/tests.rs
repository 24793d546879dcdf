use super::*;

const MAX_HOLD: Duration = Duration::from_millis(500);

/// A table with these hot keys, and the current time.
fn hot(keys: &[&str]) -> (Table, Instant) {
    let (mut table, now) = (Table::default(), Instant::now());
    keys.iter().for_each(|key| table.mark_hot(key, now));
    (table, now)
}

fn names(keys: &[Key]) -> Vec<&str> {
    keys.iter().map(|key| &**key).collect()
}

/// Requests turns, and must not be queued. Returns the keys whose turns are granted.
fn granted(table: &mut Table, instance: InstanceId, keys: &[&str], now: Instant) -> Vec<Key> {
    match table.request(instance, keys, true, now) {
        Requested::Granted(keys) => keys,
        Requested::Queued(keys, _) => panic!("{instance} waits for {keys:?}"),
    }
}

/// Requests turns, and must be queued.
fn queued(
    table: &mut Table,
    instance: InstanceId,
    keys: &[&str],
    now: Instant,
) -> (Vec<Key>, oneshot::Receiver<()>) {
    match table.request(instance, keys, true, now) {
        Requested::Granted(keys) => panic!("{instance} has {keys:?} at once"),
        Requested::Queued(keys, receiver) => (keys, receiver),
    }
}

fn is_granted(receiver: &mut oneshot::Receiver<()>) -> bool {
    receiver.try_recv().is_ok()
}

#[test]
fn a_key_that_is_not_hot_has_no_turns() {
    let (mut table, now) = hot(&["a"]);
    assert!(granted(&mut table, 1, &["b"], now).is_empty());
    assert!(granted(&mut table, 2, &["b"], now).is_empty());
}

#[test]
fn turns_are_granted_in_the_order_of_the_requests() {
    let (mut table, now) = hot(&["a"]);
    let held = granted(&mut table, 0, &["a"], now);
    let mut waiting: Vec<_> = (1..=5).map(|instance| queued(&mut table, instance, &["a"], now).1).collect();
    for instance in 0..5_u64 {
        let position = instance as usize;
        assert!(!is_granted(&mut waiting[position]), "{instance} has not written yet");
        table.end(instance, &held, now);
        assert!(is_granted(&mut waiting[position]));
        assert!(table.has_turn(instance + 1, "a"));
    }
    table.end(5, &held, now);
    assert_eq!(names(&granted(&mut table, 6, &["a"], now)), ["a"]);
    assert_eq!(table.statistics(), TurnStatistics { hot_keys: 1, waits: 5, ..TurnStatistics::default() });
}

#[test]
fn an_instance_that_requests_a_turn_again_keeps_it() {
    let (mut table, now) = hot(&["a"]);
    granted(&mut table, 1, &["a"], now);
    let _waiting = queued(&mut table, 2, &["a"], now);
    assert!(granted(&mut table, 1, &["a"], now).is_empty(), "nothing more to grant");
    assert!(table.has_turn(1, "a"));
}

#[test]
fn a_canceled_wait_takes_no_turn() {
    let (mut table, now) = hot(&["a"]);
    let held = granted(&mut table, 1, &["a"], now);
    let (keys, receiver) = queued(&mut table, 2, &["a"], now);
    let mut third = queued(&mut table, 3, &["a"], now).1;
    drop(receiver);
    table.cancel(2, &keys, now);
    table.end(1, &held, now);
    assert!(is_granted(&mut third));
}

#[test]
fn a_wait_that_is_canceled_after_its_turn_was_granted_passes_the_turn_on() {
    let (mut table, now) = hot(&["a"]);
    let held = granted(&mut table, 1, &["a"], now);
    let (keys, _receiver) = queued(&mut table, 2, &["a"], now);
    let mut third = queued(&mut table, 3, &["a"], now).1;
    table.end(1, &held, now);
    assert!(table.has_turn(2, "a"));
    table.cancel(2, &keys, now);
    assert!(is_granted(&mut third));
}

#[test]
fn an_instance_that_gives_up_after_its_turn_was_granted_keeps_the_turn() {
    let (mut table, now) = hot(&["a"]);
    let held = granted(&mut table, 1, &["a"], now);
    let (keys, _receiver) = queued(&mut table, 2, &["a"], now);
    table.end(1, &held, now);
    assert!(table.give_up(2, &keys, now));
    assert_eq!(table.statistics().without_turn, 0);
    let (keys, _receiver) = queued(&mut table, 3, &["a"], now);
    assert!(!table.give_up(3, &keys, now));
    assert_eq!(table.statistics().without_turn, 1);
    assert!(table.has_turn(2, "a"));
}

#[test]
fn a_turn_that_lasts_too_long_passes_to_the_first_instance_in_the_queue() {
    let (mut table, now) = hot(&["a"]);
    let held = granted(&mut table, 1, &["a"], now);
    let (_, mut second) = queued(&mut table, 2, &["a"], now);
    let (keys, _third) = queued(&mut table, 3, &["a"], now);
    assert_eq!(table.expire(&keys, MAX_HOLD, now), now + MAX_HOLD);
    assert!(!is_granted(&mut second));
    // One call of a waiting instance is enough for all.
    let late = now + MAX_HOLD;
    table.expire(&keys, MAX_HOLD, late);
    assert!(is_granted(&mut second));
    assert_eq!(table.statistics().expired, 1);
    table.end(1, &held, late);
    assert!(table.has_turn(2, "a"), "the end of an expired turn ends no other turn");
    assert_eq!(table.expire(&keys, MAX_HOLD, late), late + MAX_HOLD, "the second has just begun");
}

#[test]
fn a_turn_without_a_queue_does_not_expire() {
    let (mut table, now) = hot(&["a"]);
    let held = granted(&mut table, 1, &["a"], now);
    table.expire(&held, MAX_HOLD, now + MAX_HOLD);
    assert!(table.has_turn(1, "a"));
}

#[test]
fn the_turns_at_several_keys_are_granted_together() {
    let (mut table, now) = hot(&["a", "b", "c"]);
    let held = granted(&mut table, 1, &["b"], now);
    let (keys, mut both) = queued(&mut table, 2, &["c", "b", "b", "cold"], now);
    assert_eq!(names(&keys), ["b", "c"]);
    assert!(!table.has_turn(2, "c"));
    let mut behind = queued(&mut table, 3, &["c"], now).1;
    table.end(1, &held, now);
    assert!(is_granted(&mut both));
    assert!(table.has_turn(2, "b") && table.has_turn(2, "c"));
    assert!(!is_granted(&mut behind), "its wait began later");
    table.end(2, &keys, now);
    assert!(is_granted(&mut behind));
}

#[test]
fn an_instance_that_may_not_wait_gets_the_free_turns_and_overtakes_no_queue() {
    let (mut table, now) = hot(&["a", "b", "c"]);
    granted(&mut table, 1, &["a"], now);
    let _waiting = queued(&mut table, 2, &["a", "b"], now);
    let Requested::Granted(keys) = table.request(3, &["a", "b", "c"], false, now) else {
        panic!("it is queued")
    };
    assert_eq!(names(&keys), ["c"], "there is a queue for b, though no instance has its turn");
}

#[test]
fn a_key_without_lost_races_and_waits_cools_down() {
    let (mut table, now) = hot(&["a", "b"]);
    let late = now + QUIET;
    table.mark_hot("b", late - Duration::from_millis(1));
    table.mark_hot("c", late);
    assert_eq!(table.len(), 2, "b and c");
    table.mark_hot("d", late + QUIET);
    assert_eq!(table.len(), 1, "d");
}

#[test]
fn a_key_with_a_queue_stays_hot() {
    let (mut table, now) = hot(&["a"]);
    let held = granted(&mut table, 1, &["a"], now);
    let mut second = queued(&mut table, 2, &["a"], now).1;
    let late = now + 10 * QUIET;
    table.mark_hot("b", late);
    table.end(1, &held, late);
    assert!(is_granted(&mut second));
    table.mark_hot("c", late + QUIET - Duration::from_millis(1));
    assert!(table.has_turn(2, "a"));
}

#[test]
fn a_turn_without_a_queue_does_not_keep_a_key_hot() {
    let (mut table, now) = hot(&["a"]);
    let held = granted(&mut table, 1, &["a"], now);
    table.mark_hot("b", now + QUIET);
    assert!(!table.has_turn(1, "a"));
    table.end(1, &held, now + QUIET);
}

#[test]
fn the_number_of_hot_keys_is_limited() {
    let (mut table, now) = hot(&[]);
    for number in 0..100_000 {
        table.mark_hot(&format!("key-{number}"), now);
        assert!(table.len() <= MAX_HOT_KEYS);
    }
    assert!(granted(&mut table, 1, &["key-99999"], now).is_empty(), "there was no slot for it");
    table.mark_hot("key-99999", now + QUIET);
    assert_eq!(names(&granted(&mut table, 1, &["key-99999"], now + QUIET)), ["key-99999"]);
}

#[test]
fn an_instance_that_finds_a_full_queue_continues_without_a_turn() {
    let (mut table, now) = hot(&["a"]);
    granted(&mut table, 0, &["a"], now);
    let waiting: Vec<_> =
        (1..=MAX_WAITING).map(|instance| queued(&mut table, instance as InstanceId, &["a"], now)).collect();
    assert!(granted(&mut table, 5000, &["a"], now).is_empty());
    assert_eq!(table.statistics().without_turn, 1);
    assert_eq!(waiting.len(), MAX_WAITING);
}
