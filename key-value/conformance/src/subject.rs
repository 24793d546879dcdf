//! A store that is checked, and the checking.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use lovely_session_key_value::{KeyValue, Lifetime};
use tokio::time::timeout;

use crate::probe::{LIFETIME, Probe, Stop};
use crate::report::{Finding, Report, Verdict};
use crate::rules::{self, Rule};

/// How long the store may take for all that one rule asks of it.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// A store to check, and how time passes for it.
pub struct Subject {
    pub(crate) store: Arc<dyn KeyValue>,
    pub(crate) passing: Passing,
    /// How long what a rule puts lives, where the rule is not about that.
    pub(crate) lifetime: Lifetime,
}

/// How a rule lets time pass.
#[derive(Clone)]
pub(crate) enum Passing {
    /// It waits.
    Waited,
    /// It moves the clock of the store.
    Moved(Arc<dyn Fn(Duration) + Send + Sync>),
}

impl Subject {
    /// A store whose lifetimes follow the real time. It may be in use: each run has keys of its own, which
    /// begin with `lovely-conformance:`, and deletes them in the end.
    pub fn new(store: Arc<dyn KeyValue>) -> Self {
        Self { store, passing: Passing::Waited, lifetime: LIFETIME }
    }

    /// The same for a store that has no lifetimes: the rules that are not about lifetimes put what never expires.
    #[must_use]
    pub fn without_lifetimes(self) -> Self {
        Self { lifetime: Lifetime::NeverExpires, ..self }
    }

    /// The same for a store whose clock stands still until `advance` moves it forward by a time.
    #[must_use]
    pub fn with_clock(self, advance: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        Self { passing: Passing::Moved(Arc::new(advance)), ..self }
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject").finish_non_exhaustive()
    }
}

/// Checks every rule on a store. Takes some 10 seconds on one that follows the real time, 20 MB of room in it,
/// and a Tokio runtime with its clock. A rule that takes longer than two minutes is told as broken.
pub async fn check(subject: &Subject) -> Report {
    let run = RandomState::new().hash_one(());
    let mut findings = Vec::new();
    for rule in rules::AT_ONCE.iter().copied().flatten() {
        findings.push(check_rule(subject, rule, run).await);
    }
    match subject.passing {
        // They do nothing but wait most of the time, each for itself.
        Passing::Waited => {
            findings.extend(join_all(rules::WAITING.iter().map(|rule| check_rule(subject, rule, run))).await);
        }
        Passing::Moved(_) => {
            for rule in rules::WAITING {
                findings.push(check_rule(subject, rule, run).await);
            }
        }
    }
    Report::new(findings)
}

async fn check_rule(subject: &Subject, rule: &Rule, run: u64) -> Finding {
    let probe = Arc::new(Probe::new(subject, format!("lovely-conformance:{run:016x}:{}:", rule.number())));
    // In a task of its own: a store that panics has broken the rule, and not the suite.
    let checked = tokio::spawn(timeout(TIME_LIMIT, (rule.check)(Arc::clone(&probe)))).await;
    let verdict = match checked {
        Ok(Ok(Ok(()))) => Verdict::Kept,
        Ok(Ok(Err(Stop::Unsupported(text)))) => Verdict::Unsupported(text),
        Ok(Ok(Err(Stop::NotTried(reason)))) => Verdict::NotTried(reason),
        Ok(Ok(Err(Stop::Broken(how)))) => Verdict::Broken(how),
        Ok(Err(_)) => Verdict::Broken(format!("the store took longer than {TIME_LIMIT:?}")),
        Err(panic) => Verdict::Broken(format!("the store panicked: {panic}")),
    };
    probe.clean_up().await;
    Finding { rule: rule.sentence(), verdict }
}
