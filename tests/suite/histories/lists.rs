//! The check of lists, on lists made by hand.

use lovely_session_tests::history::{Lists, Phenomenon, Value};

#[track_caller]
fn assert_shows(lists: &[(&str, &[Value])], expected: &[Phenomenon]) {
    let mut seen = Lists::default();
    for (number, (key, list)) in lists.iter().enumerate() {
        seen.note(key, list.to_vec(), &format!("T{number}"));
    }
    let anomalies = seen.check();
    let found: Vec<_> = anomalies.iter().map(|anomaly| anomaly.phenomenon).collect();
    assert_eq!(found, expected, "{anomalies:?}");
}

#[test]
fn states_of_one_list_that_only_grows_have_no_anomaly() {
    assert_shows(
        &[("a", &[1, 2, 3]), ("a", &[]), ("a", &[1]), ("a", &[1, 2]), ("b", &[4]), ("a", &[1])],
        &[],
    );
}

#[test]
fn a_list_that_lost_a_value_is_found() {
    assert_shows(&[("a", &[1, 2]), ("a", &[1, 3])], &[Phenomenon::Fork]);
    assert_shows(&[("a", &[1]), ("a", &[2, 1])], &[Phenomenon::Fork]);
}

#[test]
fn a_list_with_a_value_twice_is_found() {
    assert_shows(&[("a", &[1, 2, 1])], &[Phenomenon::Twice]);
}
