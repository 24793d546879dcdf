//! The latest warnings and errors of the log.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// How many are kept.
const MAX_ERRORS: usize = 50;

/// The length of a text, in characters.
const MAX_TEXT: usize = 400;

/// The latest warnings and errors of the process: a layer for its subscriber of `tracing`. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct RecentErrors(Arc<Mutex<VecDeque<RecentError>>>);

/// A warning or an error of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentError {
    /// When it was logged last.
    pub at: SystemTime,
    /// The target of the event, such as `store`.
    pub target: String,
    /// Whether it is an error, not a warning.
    pub is_error: bool,
    /// The message with its fields, on one line of at most 400 characters.
    pub text: String,
    /// How often it was logged. Repeated lines that the log leaves out count.
    pub count: u64,
}

impl RecentErrors {
    /// Returns the latest, newest first, at most 50. Equal ones are one.
    pub fn latest(&self) -> Vec<RecentError> {
        self.errors().iter().cloned().collect()
    }

    fn add(&self, new: RecentError) {
        let mut errors = self.errors();
        let is_same = |old: &RecentError| (&old.target, &old.text) == (&new.target, &new.text);
        let before = errors.iter().position(is_same).and_then(|position| errors.remove(position));
        let count = new.count.saturating_add(before.map_or(0, |before| before.count));
        errors.push_front(RecentError { count, ..new });
        errors.truncate(MAX_ERRORS);
    }

    fn errors(&self) -> MutexGuard<'_, VecDeque<RecentError>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Subscriber> Layer<S> for RecentErrors {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = *event.metadata().level();
        if level > Level::WARN {
            return;
        }
        let mut line = Line::default();
        event.record(&mut line);
        self.add(RecentError {
            at: SystemTime::now(),
            target: event.metadata().target().to_owned(),
            is_error: level == Level::ERROR,
            count: line.left_out.saturating_add(1),
            text: line.text(),
        });
    }
}

/// The fields of an event, as a line.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
    left_out: u64,
}

impl Line {
    fn text(self) -> String {
        let shown = |character: char| if character.is_control() { ' ' } else { character };
        self.message.chars().chain(self.fields.chars()).map(shown).take(MAX_TEXT).collect()
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, "; {name}: {value:?}"),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            // How many lines a limit has left out since the last one.
            "left_out" => self.left_out = value,
            _ => self.record_debug(field, &value),
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    fn logged(log: impl FnOnce()) -> Vec<RecentError> {
        let errors = RecentErrors::default();
        let subscriber = tracing_subscriber::registry().with(errors.clone());
        tracing::subscriber::with_default(subscriber, log);
        errors.latest()
    }

    #[test]
    fn equal_warnings_are_one_and_the_newest_comes_first() {
        let latest = logged(|| {
            tracing::warn!(target: "store", server = "a:1", left_out = 7_u64, "cannot connect");
            tracing::error!("the application failed");
            tracing::info!("all is well");
            tracing::warn!(target: "store", server = "a:1", left_out = 0_u64, "cannot connect");
        });
        let told: Vec<_> = latest.iter().map(|it| (&*it.target, &*it.text, it.count, it.is_error)).collect();
        let application = "lovely_session_admin::errors::tests";
        assert_eq!(
            told,
            [
                ("store", "cannot connect; server: a:1", 9, false),
                (application, "the application failed", 1, true)
            ]
        );
    }

    #[test]
    fn their_number_and_their_length_are_bounded_and_they_have_no_control_characters() {
        let latest = logged(|| {
            for n in 0..200 {
                tracing::warn!("{n}\u{1b}[31m\n{}", "x".repeat(1000));
            }
        });
        assert_eq!(latest.len(), MAX_ERRORS);
        for error in latest {
            assert_eq!(error.text.chars().count(), MAX_TEXT);
            assert!(!error.text.contains(char::is_control));
        }
    }
}
