//! The search itself, in its short and its long form.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::exhaust::Exhaust;
use crate::finding::{Finding, examine, replay};
use crate::generate::{FAMILIES, program};
use crate::pairs::{FORMER_DEFECTS, on_one_session, on_two_sessions, one_late_among_many};
use crate::passing;
use crate::program::Program;
use crate::random::{Rng, mix};
use crate::run::Runner;
use crate::schedule::{Chooser, Random};
use crate::shrink::shrink;
use crate::text::parse;
use crate::trace::Trace;

/// The number of schedules of each random program.
const SCHEDULES_EACH: u64 = 8;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// Runs a program once. Returns the finding if there is one.
fn once(runner: &mut Runner, program: &Rc<Program>, chooser: &mut dyn Chooser) -> Option<Finding> {
    let ran = runner.run(program, chooser, &mut Trace::off());
    let wrong = examine(program, &ran, &runner.history)?;
    let (choices, applied_faults) = (runner.choices.clone(), runner.applied_faults.clone());
    Some(Finding { program: Rc::clone(program), choices, wrong, applied_faults })
}

/// Random schedules of random programs, until the time or the number is used up.
struct RandomSearch {
    seed: u64,
    schedules: u64,
    steps: u64,
    began: Instant,
    runner: Runner,
    /// The one family whose programs are tried.
    family: Option<usize>,
}

impl RandomSearch {
    fn new() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let seed = setting("SEARCH_SEED").unwrap_or(now.as_secs());
        println!("SEARCH_SEED={seed}");
        let family = setting("SEARCH_FAMILY").map(|family| family as usize);
        Self { seed, schedules: 0, steps: 0, began: Instant::now(), runner: Runner::new(), family }
    }

    /// Tries the schedules of the next program.
    fn next(&mut self) -> Option<Finding> {
        let number = self.schedules / SCHEDULES_EACH;
        let seed = mix(self.seed ^ mix(number));
        let mut rng = Rng::new(seed);
        // After the families of plain programs comes the one in which time passes.
        let family = self.family.unwrap_or(number as usize % (FAMILIES.len() + 1));
        let program = Rc::new(match FAMILIES.get(family) {
            Some(family) => program(&mut rng, family),
            None => passing::program(&mut rng),
        });
        let mut found = None;
        for schedule in 0..SCHEDULES_EACH {
            self.schedules += 1;
            let finding = once(&mut self.runner, &program, &mut Random::new(mix(seed ^ schedule)));
            self.steps += self.runner.steps as u64;
            found = found.or(finding);
        }
        found
    }

    fn is_over(&self, seconds: u64, schedules: u64) -> bool {
        self.began.elapsed() >= Duration::from_secs(seconds) || self.schedules >= schedules
    }

    fn figures(&self) -> String {
        let seconds = self.began.elapsed().as_secs_f64();
        let each = seconds * 1e6 / self.schedules.max(1) as f64;
        let steps = self.steps as f64 / self.schedules.max(1) as f64;
        format!(
            "{} random schedules in {seconds:.1} s, {each:.1} µs each, {steps:.1} steps each",
            self.schedules
        )
    }
}

#[test]
fn random_schedules_of_random_programs_are_explained_by_a_serial_order() {
    let mut search = RandomSearch::new();
    let schedules = setting("SEARCH_SCHEDULES").unwrap_or(u64::MAX);
    let seconds = setting("SEARCH_SECONDS").unwrap_or(if schedules < u64::MAX { u64::MAX / 2 } else { 20 });
    while !search.is_over(seconds, schedules) {
        if let Some(finding) = search.next() {
            let finding = shrink(&mut search.runner, finding);
            panic!("{}\n{}", finding.report(), search.figures());
        }
    }
    println!("{}", search.figures());
    assert!(search.runner.trips <= MAX_TRIPS, "a commit asked the store {} times", search.runner.trips);
}

/// The maximum number of round trips of a commit among a few others, with any fault.
const MAX_TRIPS: u32 = 100;

/// Counts findings, family by family, and how long a schedule takes.
#[test]
#[ignore = "it measures"]
fn census() {
    let names = FAMILIES.iter().map(|family| family.name).chain(["lifetimes"]);
    for (position, name) in names.enumerate() {
        let mut search = RandomSearch::new();
        search.family = Some(position);
        let mut found = 0;
        while !search.is_over(1, u64::MAX) {
            found += u64::from(search.next().is_some());
        }
        println!("{name}: {found} programs with findings; {}", search.figures());
    }
}

/// Continues after a finding, and groups the findings by what they have in common.
#[test]
#[ignore = "it lists what is wrong, and fails at nothing"]
fn survey() {
    let mut search = RandomSearch::new();
    let mut found: BTreeMap<String, (u64, u64, Finding)> = BTreeMap::new();
    let mut rough: BTreeMap<String, u64> = BTreeMap::new();
    while !search.is_over(setting("SEARCH_SECONDS").unwrap_or(60), u64::MAX) {
        let Some(finding) = search.next() else { continue };
        let seen = rough.entry(finding.signature()).or_default();
        *seen += 1;
        if *seen > 1 {
            continue;
        }
        let after = search.schedules;
        let finding = shrink(&mut search.runner, finding);
        let entry = found.entry(finding.signature()).or_insert_with(|| (0, after, finding.clone()));
        entry.0 += 1;
    }
    for (signature, (count, after, finding)) in &found {
        println!("{signature}: {count} times, first after {after} schedules\n  {}", finding.replay_text());
    }
    println!("{}; {} kinds of findings", search.figures(), found.len());
}

/// Tries every schedule of a program of at most this number of steps. Returns the first finding with this
/// description, the number of schedules, and the search.
fn every_schedule(
    program: &Rc<Program>,
    limit: usize,
    most_steps: usize,
    wrong: &str,
) -> (Option<Finding>, usize, Exhaust) {
    let mut runner = Runner::new();
    let mut exhaust = Exhaust::up_to(most_steps);
    let mut schedules = 0;
    loop {
        schedules += 1;
        let finding = once(&mut runner, program, &mut exhaust);
        if let Some(finding) = finding.filter(|finding| finding.wrong.contains(wrong)) {
            return (Some(shrink(&mut runner, finding)), schedules, exhaust);
        }
        if !exhaust.advance() {
            return (None, schedules, exhaust);
        }
        assert!(schedules < limit, "more than {limit} schedules: {program}");
    }
}

/// Every schedule of a list of programs, with these faults.
pub struct Exhaustion {
    programs: usize,
    schedules: usize,
    states: usize,
    /// The programs with schedules of more steps than were tried.
    cut_off: usize,
    findings: Vec<Finding>,
    began: Instant,
}

impl Exhaustion {
    pub fn of(programs: &[String], faults: &str, most_steps: usize, goes_on: bool) -> Self {
        let mut all = Self {
            programs: 0,
            schedules: 0,
            states: 0,
            cut_off: 0,
            findings: Vec::new(),
            began: Instant::now(),
        };
        for text in programs {
            let program = Rc::new(parse(&format!("{faults} {text}")));
            let (finding, schedules, tried) = every_schedule(&program, 50_000_000, most_steps, "");
            all.programs += 1;
            all.schedules += schedules;
            all.states += tried.states();
            all.cut_off += usize::from(tried.is_cut_off());
            all.findings.extend(finding);
            if !goes_on && !all.findings.is_empty() {
                break;
            }
        }
        all
    }

    fn figures(&self) -> String {
        let Self { programs, schedules, states, cut_off, began, .. } = self;
        let elapsed = began.elapsed();
        format!(
            "{programs} programs ({cut_off} cut off), {schedules} schedules, {states} states, {elapsed:.1?}"
        )
    }

    pub fn check(self, name: &str) {
        println!("{name}: {}", self.figures());
        if let Some(finding) = self.findings.first() {
            panic!("{}", finding.report());
        }
    }
}

/// The maximum number of steps of a schedule in the short form; in the long form `SEARCH_STEPS`.
pub fn most_steps() -> usize {
    setting("SEARCH_STEPS").map_or(20, |steps| steps as usize)
}

/// One fault of any kind at any step.
const ONE_FAULT: &str = "f1=aldrugce";

#[test]
fn every_schedule_of_two_transactions_is_explained_by_a_serial_order() {
    Exhaustion::of(&on_one_session(), "", most_steps(), false).check("one session, no fault");
    Exhaustion::of(&on_two_sessions(), "", most_steps(), false).check("two sessions, no fault");
}

#[test]
fn every_schedule_of_what_showed_former_defects_is_explained() {
    let programs: Vec<String> = FORMER_DEFECTS.iter().map(|program| (*program).to_owned()).collect();
    Exhaustion::of(&programs, "", most_steps(), false).check("former defects");
}

#[test]
#[ignore = "it takes long"]
fn every_schedule_of_a_late_write_among_many_commits_is_explained() {
    Exhaustion::of(&[one_late_among_many()], "", most_steps(), false)
        .check("one late write among many commits");
}

#[test]
fn every_schedule_of_two_transactions_and_a_fault_on_one_session_is_explained() {
    Exhaustion::of(&on_one_session(), ONE_FAULT, most_steps(), false).check("one session, one fault");
}

#[test]
#[ignore = "it takes long"]
fn every_schedule_of_two_transactions_and_a_fault_on_two_sessions_is_explained() {
    Exhaustion::of(&on_two_sessions(), ONE_FAULT, most_steps(), false).check("two sessions, one fault");
}

/// Lists what is wrong with all pairs, and goes on.
#[test]
#[ignore = "it lists what is wrong, and fails at nothing"]
fn survey_of_pairs() {
    for (programs, faults) in [
        (on_one_session(), ""),
        (on_two_sessions(), ""),
        (on_one_session(), ONE_FAULT),
        (on_two_sessions(), ONE_FAULT),
    ] {
        let all = Exhaustion::of(&programs, faults, most_steps(), true);
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for finding in &all.findings {
            found.entry(finding.signature()).or_default().push(finding.replay_text());
        }
        for (signature, replays) in found {
            println!("{signature}: {} pairs\n  {}", replays.len(), replays[0]);
        }
        println!("{faults}: {}; {} with findings", all.figures(), all.findings.len());
    }
}

/// Tries every schedule of the program in `SEARCH_PROGRAM`; with `SEARCH_WRONG`, until a finding has this
/// description.
#[test]
#[ignore = "it tries what SEARCH_PROGRAM says"]
fn every_schedule_of_a_program() {
    let text = std::env::var("SEARCH_PROGRAM").expect("SEARCH_PROGRAM names a program");
    let wrong = std::env::var("SEARCH_WRONG").unwrap_or_default();
    let most_steps = setting("SEARCH_STEPS").map_or(usize::MAX, |steps| steps as usize);
    let (finding, schedules, tried) = every_schedule(&Rc::new(parse(&text)), usize::MAX, most_steps, &wrong);
    println!("{schedules} schedules, {} states, cut off: {}: {text}", tried.states(), tried.is_cut_off());
    if let Some(finding) = finding {
        panic!("{}", finding.report());
    }
}

/// Replays the schedule in `SEARCH_REPLAY`, and prints what happens.
#[test]
#[ignore = "it replays what SEARCH_REPLAY says"]
fn replays_a_schedule() {
    let text = std::env::var("SEARCH_REPLAY").expect("SEARCH_REPLAY names a schedule");
    match replay(&text) {
        Some(finding) => panic!("{}", finding.report()),
        None => println!("nothing is wrong with this schedule"),
    }
}
