//! Checks the rules on a store.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;

use crate::probe::Probe;
use crate::report::{Finding, Report, Status};
use crate::rule::Rule;
use crate::rules;
use crate::stop::Stop;
use crate::subject::{Passing, Subject};

/// The time limit for the check of one rule.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// Checks all rules on a store.
///
/// This takes about 10 seconds on a store that follows real time, and at most 20 MB in the store. The entries are
/// deleted at the end; a store can keep a few small items that stand for the families it has seen. Call it on a Tokio
/// runtime with its timer enabled. A rule whose check takes longer than two minutes is reported as broken, and so is
/// one in whose check the store panics.
pub async fn check(subject: &Subject) -> Report {
    let run = RandomState::new().hash_one(());
    let mut findings = Vec::new();
    for (number, rule) in rules::IMMEDIATE.iter().copied().flatten().enumerate() {
        findings.push(check_rule(subject, rule, &prefix(run, number)).await);
    }
    let first = findings.len();
    let waiting = rules::WAITING.iter().enumerate();
    let waiting = waiting
        .map(|(number, rule)| async move { check_rule(subject, rule, &prefix(run, first + number)).await });
    match subject.passing {
        // Concurrently, because they wait most of the time.
        Passing::Wait => findings.extend(join_all(waiting).await),
        // One after the other, because all of them move the same clock.
        Passing::Advance(_) => {
            for finding in waiting {
                findings.push(finding.await);
            }
        }
    }
    Report::new(findings)
}

/// What the keys of a rule begin with behind their family, which no other rule and no other run uses. All rules have one
/// family, unless they are about families.
fn prefix(run: u64, number: usize) -> String {
    format!("{run:016x}-{number}-")
}

async fn check_rule(subject: &Subject, rule: &Rule, prefix: &str) -> Finding {
    let probe = Arc::new(Probe::new(subject, prefix));
    // In a separate task, so that a panic of the store breaks this rule only.
    let checked = tokio::spawn(timeout(TIME_LIMIT, (rule.check)(Arc::clone(&probe)))).await;
    let status = match checked {
        Ok(Ok(Ok(()))) => Status::Kept,
        Ok(Ok(Err(Stop::Unsupported(text)))) => Status::Unsupported(text),
        Ok(Ok(Err(Stop::NotTried(reason)))) => Status::NotTried(reason),
        Ok(Ok(Err(Stop::Broken(how)))) => Status::Broken(how),
        Ok(Err(_)) => Status::Broken(format!("the store took longer than {TIME_LIMIT:?}")),
        Err(panic) => Status::Broken(format!("the store panicked: {panic}")),
    };
    probe.clean_up().await;
    Finding { rule: rule.sentence(), is_optional: rule.is_optional, status }
}
