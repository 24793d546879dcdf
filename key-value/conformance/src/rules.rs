//! The rules of the contract.

mod batches;
mod families;
mod lifetimes;
mod races;
mod refusals;
mod sizes;
mod values;
mod versions;

use crate::rule::Rule;

/// The rules whose checks do not wait.
pub(crate) const IMMEDIATE: &[&[Rule]] = &[
    values::RULES,
    versions::RULES,
    races::RULES,
    batches::RULES,
    sizes::RULES,
    refusals::RULES,
    families::RULES,
];

/// The rules whose checks let time pass.
pub(crate) const WAITING: &[Rule] = lifetimes::RULES;
