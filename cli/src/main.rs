//! The command `lovely-session`: parses the command line, runs the command, and reports how it ended.

mod args;
mod check_store;
mod compose;
mod failure;
mod inspect;
mod load;
mod log;
mod log_queue;
mod log_writer;
mod output;
mod report;
mod serve;
mod signals;
mod size;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;
use tokio::runtime::Runtime;

use self::args::{Command, CommandLine};
use self::failure::Failure;
use self::log::Log;

/// Much of a request's memory is given back by another thread than took it. With this allocator a request takes about a
/// tenth less of the processor than with the system's.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    let log = match Log::start() {
        Ok(log) => log,
        Err(error) => {
            let failure = Failure::System(error);
            // When this cannot be written, the exit code has to say it.
            let _ = writeln!(io::stderr(), "{}", failure.message());
            return failure.exit_code();
        }
    };
    match run(command_line.command, &log) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            log.print(&failure.message());
            failure.exit_code()
        }
    }
}

fn run(command: Command, log: &Log) -> Result<(), Failure> {
    let runtime = Runtime::new().map_err(Failure::System)?;
    let result = runtime.block_on(run_command(command, log));
    // Who stops while an application is being compiled does not want to wait for that.
    runtime.shutdown_background();
    result
}

async fn run_command(command: Command, log: &Log) -> Result<(), Failure> {
    match command {
        Command::Serve(args) => serve::run(args, log).await,
        Command::Inspect(args) => inspect::run(args).await,
        Command::Compose(args) => compose::run(&args),
        Command::CheckStore(args) => check_store::run(args).await,
    }
}
