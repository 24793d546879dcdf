//! The command line: output, log, exit codes.

use lovely_session_tests::binary;

mod caching;
mod check_store;
mod help;
mod inspect;
mod log;
mod output;
mod refusals;
mod serve;
mod sick_store;
