//! Reduces a finding: fewer clients, transactions, acts and faults, and a schedule that is closer to the
//! plain one.

use std::rc::Rc;

use crate::finding::{Finding, examine};
use crate::program::{Faults, Initial, Program, StoreKind};
use crate::run::Runner;
use crate::schedule::{Random, Replay};
use crate::trace::Trace;

/// How many random schedules of a smaller program are tried before it counts as free of the finding.
const TRIES: u64 = 300;

/// Reduces a finding as far as possible.
pub fn shrink(runner: &mut Runner, finding: Finding) -> Finding {
    let mut smallest = finding;
    loop {
        let candidates = smaller(&smallest.program);
        let Some(better) = candidates.into_iter().find_map(|program| again(runner, program, &smallest))
        else {
            return plainer(runner, smallest);
        };
        smallest = better;
    }
}

/// Searches for the same finding in another program.
fn again(runner: &mut Runner, program: Program, finding: &Finding) -> Option<Finding> {
    let program = Rc::new(program);
    let tried = try_one(runner, &program, &finding.wrong, &mut Replay::new(&finding.choices));
    tried.or_else(|| {
        (0..TRIES).find_map(|seed| try_one(runner, &program, &finding.wrong, &mut Random::new(seed)))
    })
}

fn try_one(
    runner: &mut Runner,
    program: &Rc<Program>,
    wanted: &str,
    chooser: &mut dyn crate::schedule::Chooser,
) -> Option<Finding> {
    let ran = runner.run(program, chooser, &mut Trace::off());
    let wrong = examine(program, &ran, &runner.history).filter(|wrong| wrong == wanted)?;
    let (choices, applied_faults) = (runner.choices.clone(), runner.applied_faults.clone());
    Some(Finding { program: Rc::clone(program), choices, wrong, applied_faults })
}

/// Programs that are a little smaller.
fn smaller(program: &Program) -> Vec<Program> {
    let mut programs = Vec::new();
    let mut offer = |change: &dyn Fn(&mut Program)| {
        let mut smaller = program.clone();
        change(&mut smaller);
        smaller.clients.iter_mut().for_each(|client| client.transactions.retain(|tx| !tx.acts.is_empty()));
        smaller.clients.retain(|client| !client.transactions.is_empty());
        if smaller.number() && smaller != *program && !smaller.clients.is_empty() {
            programs.push(smaller);
        }
    };
    for client in 0..program.clients.len() {
        offer(&|it| drop(it.clients.remove(client)));
    }
    offer(&|it| it.faults = Faults::default());
    offer(&|it| it.faults.budget = it.faults.budget.saturating_sub(1));
    for (client, spec) in program.clients.iter().enumerate() {
        for (tx, spec) in spec.transactions.iter().enumerate() {
            offer(&|it| drop(it.clients[client].transactions.remove(tx)));
            for act in 0..spec.acts.len() {
                offer(&|it| it.clients[client].transactions[tx].drop_act(act));
            }
            offer(&|it| it.clients[client].transactions[tx].isolation = Default::default());
            offer(&|it| it.clients[client].transactions[tx].commits = true);
        }
        offer(&|it| it.clients[client].skew = 0);
    }
    for kind in program.faults.kinds.chars() {
        offer(&|it| it.faults.kinds.retain(|it| it != kind));
    }
    for pass in 0..program.lives.passes.len() {
        if program.lives.passes.len() > 1 {
            offer(&|it| {
                it.lives.passes.retain_mut({
                    let mut position = 0;
                    move |_| {
                        position += 1;
                        position != pass + 1
                    }
                })
            });
        }
    }
    offer(&|it| it.store = StoreKind::Slides);
    for id in 0..program.initial.len() {
        offer(&|it| it.initial[id] = Initial::Absent);
        if matches!(program.initial[id], Initial::Live(_)) {
            offer(&|it| it.initial[id] = Initial::Live(1));
        }
    }
    programs
}

/// The same finding in a schedule that is closer to the one in which the first client goes first.
fn plainer(runner: &mut Runner, finding: Finding) -> Finding {
    let mut plainest = finding;
    let mut changed = true;
    while changed {
        changed = false;
        for position in (0..plainest.choices.len()).rev() {
            if plainest.choices.get(position).copied().unwrap_or(0) == 0 {
                continue;
            }
            let mut choices = plainest.choices.clone();
            choices[position] = 0;
            let program = Rc::clone(&plainest.program);
            if let Some(mut better) = try_one(runner, &program, &plainest.wrong, &mut Replay::new(&choices)) {
                better
                    .choices
                    .truncate(better.choices.iter().rposition(|it| *it != 0).map_or(0, |last| last + 1));
                if weight(&better.choices) < weight(&plainest.choices) {
                    (plainest, changed) = (better, true);
                }
            }
        }
    }
    plainest
}

fn weight(choices: &[u16]) -> (usize, usize) {
    (choices.iter().filter(|choice| **choice != 0).count(), choices.len())
}
