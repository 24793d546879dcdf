//! The binary `lovely-session`, as people and scripts meet it.

mod binary;
mod help;
mod inspect;
mod refusals;
mod serve;
