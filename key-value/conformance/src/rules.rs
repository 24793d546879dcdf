//! The rules of the contract.

mod batches;
mod lifetimes;
mod races;
mod refusals;
mod sizes;
mod values;
mod versions;

use std::pin::Pin;
use std::sync::Arc;

use crate::probe::{Checked, Probe};

type Checking = Pin<Box<dyn Future<Output = Checked> + Send>>;

/// A rule, and how it is checked.
pub(crate) struct Rule {
    name: &'static str,
    pub(crate) check: fn(Arc<Probe>) -> Checking,
}

/// The rules that take no time.
pub(crate) const AT_ONCE: &[&[Rule]] =
    &[values::RULES, versions::RULES, races::RULES, batches::RULES, sizes::RULES, refusals::RULES];

/// The rules that let time pass.
pub(crate) const WAITING: &[Rule] = lifetimes::RULES;

/// Makes rules of functions; their names are the sentences of the report.
macro_rules! rules {
    ($($name:ident,)*) => {
        pub(super) const RULES: &[$crate::rules::Rule] = &[$(
            $crate::rules::Rule::new(stringify!($name), |probe| Box::pin($name(probe)))
        ),*];
    };
}

use rules;

impl Rule {
    const fn new(name: &'static str, check: fn(Arc<Probe>) -> Checking) -> Self {
        Self { name, check }
    }

    /// The rule as a sentence.
    pub(crate) fn sentence(&self) -> String {
        self.name.replace('_', " ")
    }

    /// Its place among the others, which makes its keys its own.
    pub(crate) fn number(&self) -> usize {
        let all = AT_ONCE.iter().copied().flatten().chain(WAITING);
        all.take_while(|rule| rule.name != self.name).count()
    }
}
