//! A description of what happens in a run.

use lovely_session_core::{Change, Entry, Expectation, Lifetime, Outcome, StoreError, Write};

use crate::history::View;
use crate::program::{Id, Program};
use crate::shared::Shared;
use crate::text::id_name;

/// The lines, if they are wanted.
#[derive(Default)]
pub struct Trace {
    pub lines: Option<Vec<String>>,
}

impl Trace {
    /// Keeps nothing.
    pub fn off() -> Self {
        Self::default()
    }

    /// Keeps every line.
    pub fn on() -> Self {
        Self { lines: Some(Vec::new()) }
    }

    fn say(&mut self, line: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            lines.push(line());
        }
    }

    pub fn reads(&mut self, shared: &Shared, client: u8, key: &str, entry: Option<&Entry>) {
        self.say(|| {
            let found = entry.map_or("nothing".to_owned(), |entry| record(&entry.value));
            format!("client {client} reads {}: {found}", key_name(shared, key))
        });
    }

    pub fn writes(&mut self, shared: &Shared, client: u8, write: &Write, outcome: &Outcome) {
        self.say(|| format!("client {client} {}: {}", write_text(shared, write), outcome_text(outcome)));
    }

    pub fn arrives(&mut self, shared: &Shared, write: &Write, outcome: &Outcome) {
        self.say(|| format!("late: {}: {}", write_text(shared, write), outcome_text(outcome)));
    }

    pub fn fault(&mut self, shared: &Shared, client: u8, name: &str, write: Option<Write>) {
        self.say(|| {
            let write = write.map(|write| write_text(shared, &write)).unwrap_or_default();
            format!("FAULT: {name}: client {client} {write}")
        });
    }

    pub fn refused(&mut self, client: u8, error: &StoreError) {
        self.say(|| format!("the store refuses client {client}: {error:?}"));
    }

    pub fn crashes(&mut self, client: u8, commits: bool) {
        self.say(|| format!("FAULT: client {client} crashes{}", if commits { " in its commit" } else { "" }));
    }

    pub fn passes(&mut self, seconds: u16) {
        self.say(|| format!("{seconds} seconds pass"));
    }

    pub fn loses(&mut self, name: &str, ids: u16) {
        let lost = |id: &Id| ids & 1 << id != 0;
        let names = || (0..16).filter(lost).map(id_name).collect::<Vec<_>>().join(" ");
        self.say(|| format!("FAULT: {name} {}", names()));
    }

    pub fn ends(&mut self, shared: &Shared, program: &Program, client: u8, ended_before: u32) {
        let Some(lines) = &mut self.lines else { return };
        let observed = shared.observed.borrow();
        for (number, tx) in program.transactions().enumerate() {
            let bit = 1 << number;
            if shared.ended.get() & bit != 0 && ended_before & bit == 0 {
                lines.push(format!(
                    "client {client}: transaction {number} ends: {:?} ({tx})",
                    observed[number].end
                ));
            }
        }
    }

    pub fn sees(&mut self, views: &[View]) {
        let views = views.iter().enumerate();
        let words = || views.map(|(id, view)| format!("{}: {view:?}", id_name(id as Id)));
        self.say(|| format!("a reader at the end sees {}", words().collect::<Vec<_>>().join(", ")));
    }
}

fn key_name(shared: &Shared, key: &str) -> String {
    shared.id_of(key).map_or_else(|| key.to_owned(), id_name)
}

fn record(value: &[u8]) -> String {
    String::from_utf8_lossy(value).replace('\n', " ")
}

fn write_text(shared: &Shared, write: &Write) -> String {
    let expects = match &write.expects {
        Expectation::Absent => "if absent".to_owned(),
        Expectation::Version(version) => {
            format!("if version {}", version.0.last().copied().unwrap_or_default())
        }
        #[allow(unreachable_patterns, reason = "there are stores with more kinds of expectations")]
        other => format!("{other:?}"),
    };
    let change = match &write.change {
        Change::Put { value, lifetime } => {
            let lifetime = match lifetime {
                Lifetime::NeverExpires => "for ever".to_owned(),
                Lifetime::Seconds(seconds) => format!("for {seconds} s"),
            };
            format!("{lifetime} {}", record(value))
        }
        Change::Delete => "deletes".to_owned(),
        #[allow(unreachable_patterns, reason = "there are stores with more kinds of changes")]
        other => format!("{other:?}"),
    };
    format!("writes {} {expects} {change}", key_name(shared, &write.key))
}

fn outcome_text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Applied(version) => {
            format!("applied, version {}", version.0.last().copied().unwrap_or_default())
        }
        other => format!("{other:?}"),
    }
}
