//! The commands of the binary.

mod args;
mod compose;
mod failure;
mod inspect;
mod load;
mod log;
mod log_queue;
mod log_writer;
mod report;
mod serve;
mod signals;
mod size;

pub use args::{Command, CommandLine};
pub use failure::Failure;
pub use log::Log;

/// Runs a command to its end.
pub async fn run(command: Command, log: &Log) -> Result<(), Failure> {
    match command {
        Command::Serve(args) => serve::run(args, log).await,
        Command::Inspect(args) => inspect::run(args).await,
        Command::Compose(args) => compose::run(&args),
    }
}
