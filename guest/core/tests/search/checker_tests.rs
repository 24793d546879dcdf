//! Tests of the checker: histories made by hand that it must accept, and others that it must reject.

use std::rc::Rc;

use crate::checker::{Explanation, Leniency, check};
use crate::history::{ENDED, End, Eviction, FOUND, Failure, History, NOTHING, Observed, SILENT, View};
use crate::program::{Content, initial_content};
use crate::text::parse;

/// A transaction with these results, after these others (a bit each) had ended.
fn observed(end: End, ended_before: u32, answers: &[u64]) -> Observed {
    let certain = answers.iter().enumerate().map(|(act, answer)| u64::from(*answer == FOUND) << act).sum();
    Observed {
        end,
        answers: answers.to_vec(),
        begun_then: vec![u32::MAX; answers.len()],
        certain,
        ended_before,
        evicted_before: 0,
    }
}

/// The result of the checker.
fn explanation(program: &str, observed: Vec<Observed>, views: &[View]) -> Explanation {
    verdict_with(program, observed, views, Vec::new())
}

fn verdict_with(
    program: &str,
    observed: Vec<Observed>,
    views: &[View],
    evictions: Vec<Eviction>,
) -> Explanation {
    let program = Rc::new(parse(program));
    let mut views = views.to_vec();
    while views.len() < program.ids().max(3) {
        views.insert(views.len().min(3), View::Nothing);
    }
    let history = History { observed, evictions, endings: vec![vec![views]], ..History::default() };
    check(&program, &history, Leniency::default())
}

/// The session `a` as it is at the start, with another value at one position.
fn with(position: usize, value: u16) -> View {
    let mut content: Content = initial_content(0);
    content[position] = value;
    View::Live(content)
}

const TWO_INCREMENTS: &str = "a | S session(a) 0.inc(px) commit | S session(a) 0.inc(px) commit";

#[test]
fn two_increments_make_two() {
    let both = |first, second| {
        vec![observed(End::Done, 0, &[FOUND, first]), observed(End::Done, 0, &[FOUND, second])]
    };
    assert_eq!(explanation(TWO_INCREMENTS, both(1002, 1003), &[with(0, 1003)]), Explanation::Explained);
    assert_eq!(explanation(TWO_INCREMENTS, both(1003, 1002), &[with(0, 1003)]), Explanation::Explained);
    assert_eq!(explanation(TWO_INCREMENTS, both(1002, 1002), &[with(0, 1002)]), Explanation::Unexplained);
    assert_eq!(explanation(TWO_INCREMENTS, both(1002, 1003), &[with(0, 1002)]), Explanation::Unexplained);
}

#[test]
fn what_failed_has_no_effect_and_what_is_unknown_has_all_of_it_or_none() {
    let after = |end, value| {
        let observed = vec![observed(End::Done, 0, &[FOUND, 1002]), observed(end, 1, &[FOUND, 1003])];
        explanation(TWO_INCREMENTS, observed, &[with(0, value)])
    };
    let conflict = End::Failed(Failure::Conflict);
    assert_eq!(after(conflict, 1002), Explanation::Explained);
    assert_eq!(after(conflict, 1003), Explanation::Unexplained);
    assert_eq!(after(End::Unknown, 1002), Explanation::Explained);
    assert_eq!(after(End::Unknown, 1003), Explanation::Explained);
    assert_eq!(after(End::Unknown, 1004), Explanation::Unexplained);
}

#[test]
fn a_transaction_sees_what_ended_before_it_began() {
    let program = "a | S session(a) 0.set(px,7) commit | S session(a) 0.get(px) commit";
    let seen = |ended_before| {
        let observed =
            vec![observed(End::Done, 0, &[FOUND, SILENT]), observed(End::Done, ended_before, &[FOUND, 1001])];
        explanation(program, observed, &[with(0, 7)])
    };
    assert_eq!(seen(0), Explanation::Explained);
    assert_eq!(seen(1), Explanation::Unexplained);
}

#[test]
fn a_confirmed_logout_leaves_nothing_alive_under_any_id() {
    let program = "a | S session(a) 0.renew(n0) commit | S session(a) 0.destroy commit";
    let after = |old, new| {
        let observed =
            vec![observed(End::Done, 0, &[FOUND, SILENT]), observed(End::Done, 0, &[FOUND, SILENT])];
        explanation(program, observed, &[old, View::Nothing, View::Nothing, new])
    };
    assert_eq!(after(View::Ended, View::Ended), Explanation::Explained);
    assert_eq!(after(View::Ended, with(0, 1001)), Explanation::Unexplained);
    assert_eq!(after(with(0, 1001), View::Nothing), Explanation::Unexplained);
}

#[test]
fn a_renewal_leaves_one_session_with_everything_in_it() {
    let program = "a | S session(a) 0.set(px,7) 0.renew(n0) commit | S session(a) 0.set(py,8) commit";
    let after = |end, old, new| {
        let observed =
            vec![observed(End::Done, 0, &[FOUND, SILENT, SILENT]), observed(end, 0, &[FOUND, SILENT])];
        explanation(program, observed, &[old, View::Nothing, View::Nothing, new])
    };
    let ended = End::Failed(Failure::Ended);
    assert_eq!(after(ended, View::Ended, with(0, 7)), Explanation::Explained);
    assert_eq!(after(ended, View::Ended, with(0, 1001)), Explanation::Unexplained);
    assert_eq!(after(ended, with(0, 1001), with(0, 7)), Explanation::Unexplained);
    assert_eq!(after(ended, View::Ended, View::Nothing), Explanation::Unexplained);
    // What was written before the renewal is in the new session, too.
    assert_eq!(after(End::Done, View::Ended, with(0, 7)), Explanation::Unexplained);
}

#[test]
fn changes_of_two_sessions_are_seen_together() {
    let program = "a b | S session(a) 0.set(px,7) session(b) 1.set(px,8) commit \
                   | S session(a) 0.get(px) session(b) 1.get(px) commit";
    let seen = |one, two| {
        let observed = vec![
            observed(End::Done, 0, &[FOUND, SILENT, FOUND, SILENT]),
            observed(End::Done, 0, &[FOUND, one, FOUND, two]),
        ];
        let mut other = initial_content(1);
        other[0] = 8;
        explanation(program, observed, &[with(0, 7), View::Live(other)])
    };
    assert_eq!(seen(1001, 2001), Explanation::Explained);
    assert_eq!(seen(7, 8), Explanation::Explained);
    assert_eq!(seen(7, 2001), Explanation::Unexplained);
    assert_eq!(seen(1001, 8), Explanation::Unexplained);
}

#[test]
fn write_skew_has_no_order() {
    let program = "a b | S session(a) 0.get(px) session(b) 1.set(px,8) commit \
                   | S session(b) 0.get(px) session(a) 1.set(px,7) commit";
    let after = |second| {
        let observed = vec![
            observed(End::Done, 0, &[FOUND, 1001, FOUND, SILENT]),
            observed(End::Done, 0, &[FOUND, second, FOUND, SILENT]),
        ];
        let mut other = initial_content(1);
        other[0] = 8;
        explanation(program, observed, &[with(0, 7), View::Live(other)])
    };
    assert_eq!(after(8), Explanation::Explained);
    assert_eq!(after(2001), Explanation::Unexplained);
}

#[test]
fn there_was_none_matters_only_to_who_begins_it() {
    let checked = |act: &str, content: Content, other: View| {
        let beginner = "S resume(a) session(a) 1.set(px,7) commit";
        let program = format!("| {beginner} | S resume(a) session({act}) 1.set(py,8) commit");
        let observed = || Observed { certain: 0, ..observed(End::Done, 0, &[NOTHING, FOUND, SILENT]) };
        explanation(&program, vec![observed(), observed()], &[View::Live(content), other])
    };
    let other = View::Live([0, 8, 0, 0, 0, 0]);
    assert_eq!(checked("b", [7, 0, 0, 0, 0, 0], other), Explanation::Explained);
    assert_eq!(checked("a", [7, 8, 0, 0, 0, 0], View::Nothing), Explanation::Unexplained);
}

#[test]
fn nobody_writes_into_a_life_that_began_after_it_had_its_session() {
    let program = "a f1=e | S session(a) 0.set(py,8) commit | S session(a) 0.set(px,7) commit";
    let eviction = Eviction { ids: 1, ended: 0, under_way: 1, over: 0 };
    let after = |end, begun_then, content| {
        let mut slow = observed(end, 0, &[FOUND, SILENT]);
        slow.begun_then = vec![begun_then; 2];
        let mut next = observed(End::Done, 0, &[FOUND, SILENT]);
        (next.certain, next.evicted_before) = (0, 0);
        verdict_with(program, vec![slow, next], &[View::Live(content)], vec![eviction])
    };
    assert_eq!(after(End::Failed(Failure::Gone), 1, [7, 0, 0, 0, 0, 0]), Explanation::Explained);
    assert_eq!(after(End::Done, 1, [7, 8, 0, 0, 0, 0]), Explanation::Unexplained);
}

#[test]
fn an_eviction_takes_a_session_away_and_nothing_brings_it_back() {
    let program = "a f1=e | S session(a) 0.get(px) commit | S session(a) 0.set(px,7) commit";
    let after = |end, view| {
        let first = observed(End::Done, 0, &[FOUND, 1001]);
        let second = observed(end, 1, &[FOUND, SILENT]);
        let eviction = Eviction { ids: 1, ended: 1, under_way: 2, over: 0 };
        verdict_with(program, vec![first, second], &[view], vec![eviction])
    };
    assert_eq!(after(End::Failed(Failure::Gone), View::Nothing), Explanation::Explained);
    assert_eq!(after(End::Done, with(0, 7)), Explanation::Unexplained);
    assert_eq!(after(End::Failed(Failure::Gone), with(0, 1001)), Explanation::Unexplained);
}

#[test]
fn a_weaker_transaction_loses_no_update_that_it_had_read() {
    let after = |level: &str, value| {
        let program = format!("a | S session(a) 0.set(px,7) commit | {level} session(a) 0.inc(px) commit");
        let observed = vec![observed(End::Done, 0, &[FOUND, SILENT]), observed(End::Done, 0, &[FOUND, 1002])];
        explanation(&program, observed, &[with(0, value)])
    };
    assert_eq!(after("N", 1002), Explanation::Unexplained);
    assert_eq!(after("L", 1002), Explanation::Explained);
    // The increment came first, and was then overwritten by a transaction that had not read it.
    assert_eq!(after("N", 7), Explanation::Explained);
    assert_eq!(after("L", 1001), Explanation::Unexplained);
}

#[test]
fn a_session_that_ended_stays_ended_at_every_level() {
    for level in ["S", "N", "L"] {
        let program = format!("a | S session(a) 0.destroy commit | {level} session(a) 0.set(px,7) commit");
        let after = |end, view| {
            let observed = vec![observed(End::Done, 0, &[FOUND, SILENT]), observed(end, 0, &[FOUND, SILENT])];
            explanation(&program, observed, &[view])
        };
        assert_eq!(after(End::Failed(Failure::Ended), View::Ended), Explanation::Explained);
        assert_eq!(after(End::Done, View::Ended), Explanation::Explained, "it came first");
        assert_eq!(after(End::Done, with(0, 7)), Explanation::Unexplained);
        assert_eq!(after(End::Failed(Failure::Ended), with(0, 7)), Explanation::Unexplained);
    }
}

#[test]
fn an_id_that_ended_is_not_found_any_more() {
    let program = "a | S session(a) 0.destroy commit | S resume(a) commit";
    let seen = |answer| {
        let observed = vec![observed(End::Done, 0, &[FOUND, SILENT]), observed(End::Done, 1, &[answer])];
        explanation(program, observed, &[View::Ended])
    };
    assert_eq!(seen(ENDED), Explanation::Explained);
    assert_eq!(seen(FOUND), Explanation::Unexplained);
    assert_eq!(seen(NOTHING), Explanation::Unexplained);
}

#[test]
fn at_weaker_levels_only_clearing_what_is_empty_needs_no_place_in_the_order() {
    let after = |level: &str, first: Content| {
        let program = format!(
            "| {level} session(a) 0.clear(p) session(b) 1.set(px,7) commit \
             | S session(a) 0.set(px,8) session(b) 1.set(px,9) commit"
        );
        let observed = || Observed { certain: 0, ..observed(End::Done, 0, &[FOUND, SILENT, FOUND, SILENT]) };
        explanation(
            &program,
            vec![observed(), observed()],
            &[View::Live(first), View::Live([7, 0, 0, 0, 0, 0])],
        )
    };
    let kept = [8, 0, 0, 0, 0, 0];
    assert_eq!(after("N", kept), Explanation::Explained);
    assert_eq!(after("L", kept), Explanation::Explained);
    assert_eq!(after("S", kept), Explanation::Unexplained);
    assert_eq!(after("N", [9, 0, 0, 0, 0, 0]), Explanation::Unexplained);
}

#[test]
fn adds_at_the_same_time_all_count() {
    let after = |level: &str, other: &str, told_other: u64, value| {
        let program =
            format!("a | {level} session(a) 0.add(px,3) commit | S session(a) 0.{other}(px,4) commit");
        let observed =
            vec![observed(End::Done, 0, &[FOUND, SILENT]), observed(End::Done, 0, &[FOUND, told_other])];
        explanation(&program, observed, &[with(0, value)])
    };
    for level in ["S", "N", "L"] {
        assert_eq!(after(level, "add", SILENT, 1008), Explanation::Explained);
        assert_eq!(after(level, "add", SILENT, 1004), Explanation::Unexplained);
        assert_eq!(after(level, "add", SILENT, 1011), Explanation::Unexplained);
        // It came after the set, or before it.
        assert_eq!(after(level, "set", SILENT, 7), Explanation::Explained);
        assert_eq!(after(level, "set", SILENT, 4), Explanation::Explained);
        assert_eq!(after(level, "set", SILENT, 1004), Explanation::Unexplained);
    }
}

#[test]
fn who_reads_the_sum_has_its_place_in_the_order() {
    let after = |level: &str, acts: &str, answers: &[u64], value| {
        let program = format!("a | S session(a) 0.add(px,3) commit | {level} session(a) {acts} commit");
        let observed = vec![observed(End::Done, 0, &[FOUND, SILENT]), observed(End::Done, 0, answers)];
        explanation(&program, observed, &[with(0, value)])
    };
    for level in ["S", "N"] {
        let sum = |sum| after(level, "0.add(px,1) 0.get(px)", &[FOUND, SILENT, sum], 1005);
        assert_eq!(sum(1002), Explanation::Explained);
        assert_eq!(sum(1005), Explanation::Explained);
        assert_eq!(sum(1004), Explanation::Unexplained);
    }
}

#[test]
fn what_is_peeked_is_what_was_loaded_with_the_own_changes_and_need_not_last() {
    let after = |acts: &str, answers: &[u64]| {
        let program = format!("a | S session(a) 0.set(px,7) commit | S session(a) {acts} 0.set(py,8) commit");
        let answers = [&[FOUND], answers, &[SILENT]].concat();
        let observed = vec![observed(End::Done, 0, &[FOUND, SILENT]), observed(End::Done, 1, &answers)];
        let mut content = initial_content(0);
        (content[0], content[1]) = (7, 8);
        explanation(&program, observed, &[View::Live(content)])
    };
    // Both are possible, though the first one had ended before: only the time of its load is unknown.
    assert_eq!(after("0.peek(px)", &[7]), Explanation::Explained);
    assert_eq!(after("0.peek(px)", &[1001]), Explanation::Explained);
    assert_eq!(after("0.get(px)", &[1001]), Explanation::Unexplained);
    assert_eq!(after("0.peek(px) 0.peek_entries(p)", &[1001, 1001 << 32]), Explanation::Explained);
    assert_eq!(after("0.peek(px) 0.peek_entries(p)", &[1001, 7 << 32]), Explanation::Unexplained);
    assert_eq!(after("0.peek(px) 0.get(px)", &[1001, 7]), Explanation::Unexplained);
    assert_eq!(after("0.set(pz,5) 0.peek(pz)", &[SILENT, 5]), Explanation::Unexplained, "the end is another");
}

#[test]
fn a_peek_shows_the_own_changes() {
    let after = |acts: &str, answers: &[u64], value| {
        let program = format!("a | S session(a) {acts} commit");
        let observed = vec![observed(End::Done, 0, &[&[FOUND], answers].concat())];
        explanation(&program, observed, &[with(0, value)])
    };
    assert_eq!(after("0.set(px,5) 0.peek(px)", &[SILENT, 5], 5), Explanation::Explained);
    assert_eq!(after("0.set(px,5) 0.peek(px)", &[SILENT, 1001], 5), Explanation::Unexplained);
    let adds = "0.peek(px) 0.add(px,2) 0.peek(px)";
    assert_eq!(after(adds, &[1001, SILENT, 1003], 1003), Explanation::Explained);
    assert_eq!(after(adds, &[1001, SILENT, 1001], 1003), Explanation::Unexplained);
}

#[test]
fn an_update_of_what_was_peeked_is_not_lost() {
    let after = |level: &str, write: &str, value| {
        let program =
            format!("a | S session(a) 0.set(px,7) commit | {level} session(a) 0.peek(px) 0.{write} commit");
        let observed =
            vec![observed(End::Done, 0, &[FOUND, SILENT]), observed(End::Done, 0, &[FOUND, 1001, SILENT])];
        explanation(&program, observed, &[with(0, value)])
    };
    for level in ["S", "N"] {
        assert_eq!(after(level, "set(px,5)", 5), Explanation::Unexplained);
        assert_eq!(after(level, "add(px,5)", 12), Explanation::Unexplained);
        assert_eq!(after(level, "clear(p)", 0), Explanation::Unexplained);
        // It came first.
        assert_eq!(after(level, "set(px,5)", 7), Explanation::Explained);
    }
    assert_eq!(after("L", "set(px,5)", 5), Explanation::Explained);
    assert_eq!(after("L", "add(px,5)", 12), Explanation::Explained);
}
