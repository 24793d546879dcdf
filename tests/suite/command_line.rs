//! The binary `lovely-session`, as people and scripts meet it.

use lovely_session_tests::binary;

mod caching;
mod help;
mod inspect;
mod refusals;
mod serve;
