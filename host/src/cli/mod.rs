//! The commands of the binary.

mod args;
mod compose;
mod failure;
mod inspect;
mod load;
mod report;
mod serve;
mod signals;
mod size;

pub use args::{Command, CommandLine};
pub use failure::Failure;

/// Runs a command to its end.
pub async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve(args) => serve::run(args).await,
        Command::Inspect(args) => inspect::run(args).await,
        Command::Compose(args) => compose::run(&args),
    }
}
