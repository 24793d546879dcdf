//! A rule of the contract.

use std::pin::Pin;
use std::sync::Arc;

use crate::probe::Probe;
use crate::stop::Checked;

type Checking = Pin<Box<dyn Future<Output = Checked> + Send>>;

/// A rule, and its check.
pub(crate) struct Rule {
    name: &'static str,
    /// Whether the contract is kept without it, by a store that reports it as unsupported.
    pub(crate) is_optional: bool,
    pub(crate) check: fn(Arc<Probe>) -> Checking,
}

/// Makes rules of functions. The names of the functions are the sentences of the report.
macro_rules! rules {
    ($($name:ident,)*) => {
        pub(super) const RULES: &[$crate::rule::Rule] = &[$(
            $crate::rule::Rule::new(stringify!($name), |probe| Box::pin($name(probe)))
        ),*];
    };
    (optional: $($name:ident,)*) => {
        pub(super) const RULES: &[$crate::rule::Rule] = &[$(
            $crate::rule::Rule::new(stringify!($name), |probe| Box::pin($name(probe))).optional()
        ),*];
    };
}

pub(crate) use rules;

impl Rule {
    pub(crate) const fn new(name: &'static str, check: fn(Arc<Probe>) -> Checking) -> Self {
        Self { name, is_optional: false, check }
    }

    /// The same rule, for stores that support what it is about.
    pub(crate) const fn optional(self) -> Self {
        Self { is_optional: true, ..self }
    }

    /// The rule as a sentence.
    pub(crate) fn sentence(&self) -> String {
        self.name.replace('_', " ")
    }
}
