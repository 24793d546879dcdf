//! The command `lovely-session`, run as a process.

use lovely_session_tests::binary;

mod caching;
mod check_store;
mod generated;
mod help;
mod inspect;
mod log;
mod new;
mod output;
mod refusals;
mod reload;
mod serve;
mod sick_store;
mod tls;
