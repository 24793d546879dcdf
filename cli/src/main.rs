//! The command `lovely-session`: parses the command line, runs the command, and reports the result.

mod args;
mod check_store;
mod completions;
mod compose;
mod failure;
mod inspect;
mod log;
mod man;
mod new;
mod output;
mod serve;
mod store;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use mimalloc::MiMalloc;
use tokio::runtime::Runtime;

use self::args::{Command, CommandLine};
use self::failure::Failure;
use self::log::Log;

/// A request allocates memory several hundred times, which takes less processor time with this allocator than with the
/// system's.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    let log = match Log::start(command_line.command.log_format()) {
        Ok(log) => log,
        Err(error) => {
            let failure = Failure::System(error);
            // If standard error cannot be written, the exit code still tells the failure.
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
    // A compilation that still runs does not delay the end of the process.
    runtime.shutdown_background();
    result
}

async fn run_command(command: Command, log: &Log) -> Result<(), Failure> {
    match command {
        Command::New(args) => new::run(&args),
        Command::Serve(args) => serve::run(args, log).await,
        Command::Inspect(args) => inspect::run(args).await,
        Command::Compose(args) => compose::run(&args),
        Command::CheckStore(args) => check_store::run(args).await,
        Command::Completions(args) => completions::run(&args, CommandLine::command()),
        Command::Man(args) => man::run(&args, CommandLine::command()),
    }
}
