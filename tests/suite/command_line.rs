//! The binary `lovely-session`, as people and scripts meet it.

mod binary;
mod caching;
mod help;
mod inspect;
mod refusals;
mod serve;
