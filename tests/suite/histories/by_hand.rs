//! The checker on histories made by hand: it finds each anomaly, and nothing in correct histories.

use lovely_session_tests::history::Op::{self, Read, Rollback, Savepoint, Write};
use lovely_session_tests::history::{Phenomenon, Report, Status, Transaction, Value, check};

fn get(key: &str, value: Value) -> Op {
    Read(key.to_owned(), Some(value))
}

fn get_absent(key: &str) -> Op {
    Read(key.to_owned(), None)
}

fn set(key: &str, value: Value) -> Op {
    Write(key.to_owned(), Some(value))
}

fn remove(key: &str) -> Op {
    Write(key.to_owned(), None)
}

fn transaction(status: Status, times: (u64, u64), ops: &[Op]) -> Transaction {
    let name = format!("T{}-{}", times.0, times.1);
    Transaction { name, begin: times.0, end: times.1, status, ops: ops.to_vec() }
}

fn committed(times: (u64, u64), ops: &[Op]) -> Transaction {
    transaction(Status::Committed, times, ops)
}

/// Asserts that a history has exactly these phenomena, from the worst on, and whether each is one only because of real
/// time.
#[track_caller]
fn assert_shows(history: &[Transaction], expected: &[(Phenomenon, bool)]) -> Report {
    let report = check(history);
    let mut found: Vec<_> =
        report.anomalies.iter().map(|anomaly| (anomaly.phenomenon, anomaly.real_time)).collect();
    found.sort_unstable();
    found.dedup();
    assert_eq!(found, expected, "{report}");
    report
}

#[test]
fn transactions_one_after_another_have_no_anomaly() {
    let report = assert_shows(
        &[
            committed((1, 2), &[get_absent("a"), set("a", 1)]),
            committed((3, 4), &[get("a", 1), set("a", 2), get("a", 2)]),
            committed((5, 6), &[get("a", 2), remove("a")]),
            committed((7, 8), &[get_absent("a"), set("a", 3)]),
            committed((9, 10), &[get("a", 3)]),
        ],
        &[],
    );
    let evidence = report.evidence;
    assert_eq!((evidence.transactions, evidence.ambiguous), (5, 0));
    assert_eq!((evidence.write_write, evidence.write_read, evidence.read_write), (3, 4, 0));
    assert_eq!(evidence.real_time, 4);
}

#[test]
fn overlapping_transactions_may_have_any_order() {
    assert_shows(
        &[
            committed((1, 10), &[get_absent("a"), get_absent("b"), set("b", 2)]),
            committed((2, 9), &[get_absent("a"), set("a", 1)]),
            committed((3, 8), &[get("a", 1), get("b", 2)]),
        ],
        &[],
    );
}

#[test]
fn a_lost_update_is_found() {
    assert_shows(
        &[
            committed((1, 2), &[set("a", 1)]),
            committed((3, 6), &[get("a", 1), set("a", 2)]),
            committed((4, 5), &[get("a", 1), set("a", 3)]),
        ],
        &[(Phenomenon::LostUpdate, false), (Phenomenon::G2, false)],
    );
}

#[test]
fn two_creations_of_one_key_are_a_lost_update() {
    let history = [
        committed((1, 3), &[get_absent("a"), set("a", 1)]),
        committed((2, 4), &[get_absent("a"), set("a", 2)]),
    ];
    assert!(check(&history).shows(Phenomenon::LostUpdate));
}

#[test]
fn a_blind_write_is_not_a_lost_update() {
    assert_shows(
        &[
            committed((1, 2), &[set("a", 1)]),
            committed((3, 6), &[set("a", 2)]),
            committed((4, 5), &[get("a", 1), set("a", 3)]),
        ],
        &[],
    );
}

#[test]
fn write_skew_is_found() {
    assert_shows(
        &[
            committed((1, 2), &[set("a", 1), set("b", 2)]),
            committed((3, 6), &[get("a", 1), get("b", 2), set("a", 3)]),
            committed((4, 5), &[get("a", 1), get("b", 2), set("b", 4)]),
        ],
        &[(Phenomenon::G2, false)],
    );
}

#[test]
fn read_skew_is_found() {
    assert_shows(
        &[
            committed((1, 2), &[set("a", 1), set("b", 2)]),
            committed((3, 6), &[get("a", 1), get("b", 4)]),
            committed((4, 5), &[get("a", 1), get("b", 2), set("a", 3), set("b", 4)]),
        ],
        &[(Phenomenon::GSingle, false)],
    );
}

#[test]
fn reads_that_see_each_others_writes_are_found() {
    assert_shows(
        &[committed((1, 3), &[set("a", 1), get("b", 2)]), committed((2, 4), &[set("b", 2), get("a", 1)])],
        &[(Phenomenon::G1c, false)],
    );
}

#[test]
fn writes_in_opposite_orders_are_found() {
    assert_shows(
        &[
            committed((1, 3), &[get("b", 4), set("a", 1), set("b", 2)]),
            committed((2, 4), &[get("a", 1), set("a", 3), set("b", 4)]),
        ],
        &[(Phenomenon::G0, false), (Phenomenon::G1c, false)],
    );
}

#[test]
fn a_read_of_an_aborted_value_is_found() {
    assert_shows(
        &[transaction(Status::Aborted, (1, 3), &[set("a", 1)]), committed((2, 4), &[get("a", 1)])],
        &[(Phenomenon::G1a, false)],
    );
}

#[test]
fn a_read_of_a_value_that_was_replaced_before_the_commit_is_found() {
    assert_shows(
        &[committed((1, 3), &[set("a", 1), set("a", 2)]), committed((2, 4), &[get("a", 1)])],
        &[(Phenomenon::G1b, false)],
    );
}

#[test]
fn a_read_of_a_value_that_was_rolled_back_is_found() {
    assert_shows(
        &[
            committed((1, 3), &[Savepoint, set("a", 1), Rollback(0), set("b", 2)]),
            committed((2, 4), &[get("a", 1)]),
        ],
        &[(Phenomenon::G1b, false)],
    );
}

#[test]
fn a_value_that_was_never_written_is_found() {
    assert_shows(&[committed((1, 2), &[get("a", 7)])], &[(Phenomenon::Unwritten, false)]);
}

#[test]
fn a_transaction_that_does_not_see_its_own_write_is_found() {
    let internal = [(Phenomenon::Internal, false)];
    assert_shows(&[committed((1, 2), &[get_absent("a"), set("a", 1), get_absent("a")])], &internal);
}

#[test]
fn a_transaction_that_sees_later_writes_of_others_is_found() {
    let history = [committed((1, 4), &[get_absent("a"), get("a", 1)]), committed((2, 3), &[set("a", 1)])];
    assert!(check(&history).shows(Phenomenon::Internal));
}

#[test]
fn a_rollback_restores_what_the_savepoint_had() {
    let ops = [
        set("a", 1),
        Savepoint,
        set("a", 2),
        Savepoint,
        remove("a"),
        Rollback(1),
        get("a", 2),
        Rollback(0),
        get("a", 1),
    ];
    assert_shows(&[committed((1, 2), &ops), committed((3, 4), &[get("a", 1)])], &[]);
}

#[test]
fn a_rollback_that_restores_too_little_is_found() {
    let ops = [set("a", 1), Savepoint, set("a", 2), Rollback(0), get("a", 2)];
    assert_shows(&[committed((1, 2), &ops)], &[(Phenomenon::Internal, false)]);
}

#[test]
fn a_stale_read_is_an_anomaly_against_real_time() {
    let stale = |begin| {
        [
            committed((1, 2), &[set("a", 1)]),
            committed((3, 4), &[get("a", 1), set("a", 2)]),
            committed((begin, 6), &[get("a", 1)]),
        ]
    };
    assert_shows(&stale(5), &[(Phenomenon::GSingle, true)]);
    assert_shows(&stale(4), &[]);
}

#[test]
fn a_stale_read_is_found_although_the_write_was_blind() {
    assert_shows(
        &[
            committed((1, 2), &[set("a", 1)]),
            committed((3, 4), &[set("a", 2)]),
            committed((5, 6), &[get("a", 1)]),
        ],
        &[(Phenomenon::G0, true), (Phenomenon::GSingle, false), (Phenomenon::GSingle, true)],
    );
}

#[test]
fn a_write_that_has_vanished_is_found() {
    let vanished = committed((3, 4), &[get_absent("a")]);
    let written = committed((1, 2), &[set("a", 1)]);
    assert_shows(&[written.clone(), vanished.clone()], &[(Phenomenon::GSingle, true)]);
    let removed_too_late = committed((5, 6), &[get("a", 1), remove("a")]);
    assert_shows(&[written, vanished, removed_too_late], &[(Phenomenon::Vanished, false)]);
}

#[test]
fn an_absence_with_several_possible_reasons_adds_no_dependency() {
    let report = assert_shows(
        &[
            committed((1, 4), &[get_absent("a"), set("a", 1)]),
            committed((2, 6), &[get("a", 1), remove("a")]),
            committed((3, 5), &[get_absent("a"), set("a", 2)]),
        ],
        &[],
    );
    assert_eq!(report.evidence.ambiguous, 2);
}

#[test]
fn a_removal_of_an_absent_key_is_not_a_write() {
    assert_shows(
        &[
            committed((1, 4), &[get_absent("a"), remove("a"), set("b", 1)]),
            committed((2, 3), &[get_absent("a"), set("a", 2)]),
            committed((5, 6), &[get("a", 2), get("b", 1)]),
        ],
        &[],
    );
}

#[test]
fn a_transaction_with_an_unknown_outcome_counts_when_its_writes_were_read() {
    let unknown = transaction(Status::Unknown, (1, 2), &[get_absent("a"), set("a", 1)]);
    let other = committed((3, 4), &[get_absent("a"), set("a", 2)]);
    let seen = committed((5, 6), &[get("a", 1)]);
    assert_shows(&[unknown.clone(), other.clone()], &[]);
    assert!(check(&[unknown, other, seen]).shows(Phenomenon::LostUpdate));
}

#[test]
fn a_transaction_with_an_unknown_outcome_may_happen_late() {
    let history = [
        committed((1, 2), &[set("a", 1)]),
        transaction(Status::Unknown, (3, 4), &[get("a", 1), set("a", 2)]),
        committed((5, 6), &[get("a", 1)]),
        committed((7, 8), &[get("a", 2)]),
    ];
    assert_shows(&history, &[]);
}

#[test]
fn a_report_has_the_transactions_and_their_dependencies() {
    let report = check(&[
        committed((1000, 2000), &[set("a", 1), set("b", 2)]),
        committed((3000, 6000), &[get("a", 1), set("b", 3)]),
        committed((4000, 5000), &[get("b", 2), set("a", 4)]),
    ]);
    assert!(report.shows(Phenomenon::G2), "{report}");
    let text = report.to_string();
    for line in [
        "T3000-6000 [3..6 us, Committed] get a = 1, set b = 3",
        "T3000-6000 read a as it was before T4000-5000 wrote it (rw)",
        "T4000-5000 read b as it was before T3000-6000 wrote it (rw)",
    ] {
        assert!(text.contains(line), "{text}");
    }
}
