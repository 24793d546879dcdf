//! Tests of the search itself: runs repeat, and states with equal hashes are equal.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use crate::exhaust::Exhaust;
use crate::history::{Afterwards, End, Event, FOUND, Failure, History, NOTHING, Observed, SILENT};
use crate::lifetimes;
use crate::run::{Ran, Runner};
use crate::schedule::{Random, Replay};
use crate::setup::NOW;
use crate::text::parse;
use crate::trace::Trace;

const PROGRAMS: [&str; 5] = [
    "a | S session(a) 0.inc(px) commit | S session(a) 0.inc(px) commit",
    "a | S session(a) 0.renew(n0,grace) commit | S session(a) 0.inc(px) commit",
    "a f1=a | S session(a) 0.inc(px) commit | S session(a) 0.destroy commit",
    "a f1=e | S resume(a) 0.get(px) commit | S session(a) 0.set(px,7) commit",
    "a | S session(a) 0.inc(px) session(b) 1.set(px,7) commit | S sessions(a,b) 0.get(px) 1.get(px) commit",
];

/// All possible results of a program, and the number of runs.
fn outcomes(program: &str, mut exhaust: Exhaust) -> (BTreeSet<String>, usize) {
    let program = Rc::new(parse(program));
    let mut runner = Runner::new();
    let (mut outcomes, mut runs) = (BTreeSet::new(), 0);
    loop {
        runs += 1;
        if let Ran::Through = runner.run(&program, &mut exhaust, &mut Trace::off()) {
            let observed = runner
                .history
                .observed
                .iter()
                .map(|observed| (observed.end, observed.answers.clone(), observed.ended_before));
            outcomes.insert(format!("{:?} {:?}", observed.collect::<Vec<_>>(), runner.history.endings));
        }
        if !exhaust.advance() {
            return (outcomes, runs);
        }
    }
}

#[test]
fn states_that_were_seen_lead_to_nothing_new() {
    let mut saved = 0;
    for program in PROGRAMS {
        let (pruned, few) = outcomes(program, Exhaust::default());
        let (all, many) = outcomes(program, Exhaust::repeating());
        assert_eq!(pruned, all, "{program}");
        assert!(pruned.len() > 1, "{program} comes to one thing only");
        saved += many - few;
    }
    assert!(saved > 50, "only {saved} runs were spared");
}

#[test]
fn a_schedule_is_repeated_from_its_choices() {
    let mut runner = Runner::new();
    for program in PROGRAMS {
        let program = Rc::new(parse(program));
        for seed in 0..50 {
            runner.run(&program, &mut Random::new(seed), &mut Trace::off());
            let (choices, first) = (runner.choices.clone(), format!("{:?}", runner.history));
            runner.run(&program, &mut Replay::new(&choices), &mut Trace::off());
            assert_eq!(format!("{:?}", runner.history), first, "{program}, seed {seed}");
        }
    }
}

#[test]
fn random_schedules_come_to_what_can_happen_and_to_most_of_it() {
    let mut runner = Runner::new();
    for text in PROGRAMS {
        let (all, _) = outcomes(text, Exhaust::default());
        let program = Rc::new(parse(text));
        let mut found = BTreeSet::new();
        for seed in 0..20_000 {
            runner.run(&program, &mut Random::new(seed), &mut Trace::off());
            let observed = runner
                .history
                .observed
                .iter()
                .map(|observed| (observed.end, observed.answers.clone(), observed.ended_before));
            found.insert(format!("{:?} {:?}", observed.collect::<Vec<_>>(), runner.history.endings));
        }
        assert!(found.is_subset(&all), "{text}: not every schedule was tried");
        assert!(10 * found.len() >= 9 * all.len(), "{text}: {} of {} outcomes", found.len(), all.len());
    }
}

/// The result of the checker of lifetimes for a run with these events, in seconds after the start.
fn lifetime(program: &str, ends: &[End], events: &[(u64, Event)]) -> Option<String> {
    let program = parse(program);
    let observed = ends.iter().zip(program.transactions()).map(|(end, tx)| {
        let answers = events.iter().filter_map(|(_, event)| match event {
            Event::Returned(_, _, answer) => Some(*answer),
            _ => None,
        });
        Observed { end: *end, answers: answers.take(tx.acts.len()).collect(), ..Observed::default() }
    });
    let observed = observed.collect();
    let at = events.last().map_or(NOW, |(at, _)| NOW + Duration::from_secs(*at));
    let afterwards = Afterwards { at, ..Afterwards::default() };
    let events = events.iter().map(|(at, event)| (NOW + Duration::from_secs(*at), *event)).collect();
    lifetimes::check(&program, &History { observed, events, afterwards, ..History::default() })
}

#[test]
fn the_judge_of_lifetimes_knows_early_from_late() {
    let program = "a timeout=100 passes=1 | S resume(a) commit";
    let looks = |at, answer| {
        let events = [(at, Event::Calls(0)), (at, Event::Used(0, 0)), (at, Event::Returned(0, 0, answer))];
        lifetime(program, &[End::Done], &events).is_none()
    };
    assert!(looks(80, FOUND) && !looks(80, NOTHING));
    assert!(looks(100, FOUND) && looks(100, NOTHING), "a few seconds are nobody's fault");
    assert!(!looks(120, FOUND) && looks(120, NOTHING));
}

#[test]
fn the_judge_of_lifetimes_lets_nobody_write_back_what_timed_out() {
    let program = "a timeout=100 passes=1 | S resume(a) 0.set(px,7) commit";
    let commits = |at, end| {
        let events = [
            (0, Event::Calls(0)),
            (0, Event::Used(0, 0)),
            (0, Event::Returned(0, 0, FOUND)),
            (0, Event::Returned(0, 1, SILENT)),
            (at, Event::Commits(0)),
            (at, Event::Used(0, 0)),
            (at, Event::Ended(0, end)),
        ];
        lifetime(program, &[end], &events).is_none()
    };
    let gone = End::Failed(Failure::Gone);
    assert!(commits(80, End::Done) && !commits(80, gone));
    assert!(!commits(120, End::Done) && commits(120, gone));
}
