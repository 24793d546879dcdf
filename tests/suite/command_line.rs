//! The command `lovely-session`, run as a process.

use lovely_session_tests::binary;

mod bench_store;
mod caching;
mod check_store;
mod config;
mod end;
mod generated;
mod grants;
mod help;
mod inspect;
mod invalidate;
mod log;
mod new;
mod output;
mod refusals;
mod reload;
mod serve;
mod sick_store;
mod stats;
mod store_options;
mod tls;
