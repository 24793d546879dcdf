//! Several observers as one.

use std::sync::Arc;

use lovely_session_host::serve::{Observer, RequestReport};

/// Passes each report to several observers.
#[derive(Clone, Default)]
pub struct Observers(Vec<Arc<dyn Observer>>);

impl Observers {
    /// Adds an observer.
    #[must_use]
    pub fn with(mut self, observer: Arc<dyn Observer>) -> Self {
        self.0.push(observer);
        self
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Observer for Observers {
    fn request_ended(&self, report: RequestReport) {
        if let Some((last, others)) = self.0.split_last() {
            others.iter().for_each(|observer| observer.request_ended(report.clone()));
            last.request_ended(report);
        }
    }
}

impl std::fmt::Debug for Observers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Observers").field(&self.0.len()).finish()
    }
}
