//! A finding: a schedule of a program that no serial order explains, and what is wrong with it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::rc::Rc;

use crate::checker::{Explanation, Leniency, check};
use crate::history::{Answer, ENDED, End, FOUND, History, NOTHING, SILENT, SKIPPED};
use crate::lifetimes;
use crate::program::{Act, Deed, Initial, Program, StoreKind, Tx};
use crate::run::{Ran, Runner};
use crate::schedule::{Replay, choices_text, parse_choices};
use crate::text::parse;
use crate::trace::Trace;

/// A schedule that is not explained.
#[derive(Clone, Debug)]
pub struct Finding {
    pub program: Rc<Program>,
    pub choices: Vec<u16>,
    /// A short description.
    pub wrong: String,
    /// The faults that occurred.
    pub applied_faults: Vec<&'static str>,
}

/// Returns what is wrong with a run, if anything is.
pub fn examine(program: &Program, ran: &Ran, history: &History) -> Option<String> {
    match ran {
        Ran::BrokenOff => None,
        Ran::Broken(reason) => Some(reason.clone()),
        Ran::Through if !program.lives.passes.is_empty() => lifetimes::check(program, history),
        Ran::Through => match check(program, history, Leniency::default()) {
            Explanation::Explained => nobody_gets_on(program, history),
            Explanation::Undecided => Some("there are too many orders to try".to_owned()),
            Explanation::Unexplained => Some(diagnose(program, history)),
        },
    }
}

/// The number of steps after which two commits over several records may have prevented each other's decisions
/// so often that both give up. For the one that waits, the other may have crashed, so that no number of
/// attempts decides this.
const CONTEST: usize = 36;

/// Without faults, and with all sessions alive, transactions can only be blocked by others that make
/// progress.
fn nobody_gets_on(program: &Program, history: &History) -> Option<String> {
    let failed = history.observed.iter().filter(|observed| matches!(observed.end, End::Failed(_))).count();
    let all = program.transactions().filter(|tx| tx.commits).count();
    let is_calm = program.faults.budget == 0 && !program.initial.contains(&Initial::Ended);
    let is_contest = history.steps > CONTEST && program.transactions().any(may_write_several);
    (is_calm && failed > 0 && failed >= all && !is_contest).then(|| "nobody gets on".to_owned())
}

/// Whether a transaction may write several records.
fn may_write_several(tx: &Tx) -> bool {
    let handles: usize = tx.acts.iter().map(Act::handles).sum();
    handles > 1 || tx.acts.iter().any(|act| matches!(act, Act::On(_, Deed::Renew(..))))
}

/// Finds out which relaxation explains the history.
fn diagnose(program: &Program, history: &History) -> String {
    let explained = |leniency| check(program, history, leniency) == Explanation::Explained;
    for (number, observed) in history.observed.iter().enumerate() {
        if let End::Failed(failure) = observed.end
            && explained(Leniency { either: Some(number), blind: false })
        {
            return format!("a transaction that failed with {failure:?} took effect");
        }
    }
    let blind = explained(Leniency { either: None, blind: true });
    for (number, observed) in history.observed.iter().enumerate() {
        if observed.end == End::Done && explained(Leniency { either: Some(number), blind: false }) {
            return match blind {
                true => "a transaction that succeeded has no effect",
                false => "a transaction that succeeded read what no order explains",
            }
            .to_owned();
        }
    }
    match blind {
        true => "what is there at the end is not explained".to_owned(),
        false => "what was read is not explained".to_owned(),
    }
}

impl Finding {
    /// What findings of one defect usually have in common: what is wrong, and the kinds of acts and faults.
    pub fn signature(&self) -> String {
        let mut words: BTreeSet<&str> = self.applied_faults.iter().copied().collect();
        for tx in self.program.transactions() {
            let ids: BTreeSet<_> = tx.acts.iter().filter_map(asked).collect();
            if ids.len() > 1 || tx.acts.iter().any(|act| matches!(act, Act::Sessions(..))) {
                words.insert("several sessions");
            }
            if tx.isolation != lovely_session_core::Isolation::Serializable {
                words.insert("weaker isolation");
            }
            words.extend(tx.acts.iter().filter_map(feature));
            let begins = |act: &Act| match act {
                Act::Session(id) => self.program.initial.get(usize::from(*id)) == Some(&Initial::Absent),
                _ => false,
            };
            if tx.acts.iter().any(begins) {
                words.insert("begin");
            }
        }
        if self.program.lives.timeout == 0 {
            words.insert("no timeout");
        }
        if self.program.store != StoreKind::Slides {
            words.insert("a store that does not slide");
        }
        if self.program.transactions().count() > 6 {
            words.insert("many commits");
        }
        format!("{} [{}]", self.wrong, words.into_iter().collect::<Vec<_>>().join(", "))
    }

    /// A text from which the finding can be replayed.
    pub fn replay_text(&self) -> String {
        format!("{} @ {}", self.program, choices_text(&self.choices))
    }

    /// A full description.
    pub fn report(&self) -> String {
        let mut runner = Runner::new();
        let mut trace = Trace::on();
        runner.run(&self.program, &mut Replay::new(&self.choices), &mut trace);
        let mut text = format!("{}\n", self.wrong);
        for (client, spec) in self.program.clients.iter().enumerate() {
            spec.transactions.iter().for_each(|tx| writeln!(text, "  client {client}: {tx}").unwrap());
        }
        for line in trace.lines.unwrap_or_default() {
            writeln!(text, "    {line}").unwrap();
        }
        for (number, (tx, observed)) in self.program.transactions().zip(&runner.history.observed).enumerate()
        {
            let acts = tx.acts.iter().zip(&observed.answers);
            let acts: Vec<String> =
                acts.map(|(act, answer)| format!("{act}: {}", answer_text(act, *answer))).collect();
            writeln!(text, "  transaction {number}: {:?}; {}", observed.end, acts.join("; ")).unwrap();
        }
        write!(text, "  SEARCH_REPLAY='{}'", self.replay_text()).unwrap();
        text
    }
}

fn asked(act: &Act) -> Option<u8> {
    match act {
        Act::Session(id) | Act::Resume(id) | Act::Create(id) => Some(*id),
        _ => None,
    }
}

fn feature(act: &Act) -> Option<&'static str> {
    Some(match act {
        Act::On(_, Deed::Destroy) => "destroy",
        Act::On(_, Deed::Renew(_, true)) => "renewal with grace",
        Act::On(_, Deed::Renew(_, false)) => "renewal",
        Act::On(_, Deed::IsNew) => "is_new",
        Act::On(_, Deed::Add(..)) => "add",
        Act::On(_, Deed::Peek(_) | Deed::PeekEntries(_)) => "peek",
        Act::Resume(_) => "resume",
        Act::Create(_) => "create",
        Act::Rollback(_) => "rollback",
        _ => return None,
    })
}

fn answer_text(act: &Act, answer: Answer) -> String {
    match answer {
        SKIPPED => "not asked".into(),
        ENDED => "ended".into(),
        NOTHING => "none".into(),
        FOUND => "found".into(),
        SILENT => "done".into(),
        _ => match act {
            Act::On(_, Deed::Entries(_) | Deed::PeekEntries(_)) => {
                let value = |shift: u32| (answer >> shift) & 0xffff;
                format!("{:?}", [value(32), value(16), value(0)])
            }
            _ => answer.to_string(),
        },
    }
}

/// Runs the schedule of a replay text, and reports it.
pub fn replay(text: &str) -> Option<Finding> {
    let (program, choices) = text.split_once('@').unwrap_or((text, ""));
    let program = Rc::new(parse(program.trim()));
    let choices = parse_choices(choices.trim());
    let mut runner = Runner::new();
    let ran = runner.run(&program, &mut Replay::new(&choices), &mut Trace::off());
    let wrong = examine(&program, &ran, &runner.history)?;
    Some(Finding { program, choices, wrong, applied_faults: runner.applied_faults.clone() })
}
