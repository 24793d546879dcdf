//! The command `lovely-session`: parses the command line, runs the command, and reports the result.

mod args;
mod bench_store;
mod check_store;
mod completions;
mod compose;
mod config;
mod end;
mod failure;
mod inspect;
mod invalidate;
mod log;
mod man;
mod new;
mod operate;
mod output;
mod serve;
mod stats;
mod store;
mod text;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::CommandFactory as _;
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
    let (command_line, log) = match start() {
        Ok(started) => started,
        Err(failure) => {
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

/// Reads the command line and the configuration file, and starts the log. Ends the process if the command line is
/// invalid, or asks for help.
fn start() -> Result<(CommandLine, Log), Failure> {
    let command_line = config::parse(std::env::args_os().collect())?;
    let log = Log::start(command_line.command.log_format()).map_err(Failure::System)?;
    Ok((command_line, log))
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
        Command::Serve(args) => serve::run(&args, log).await,
        Command::Inspect(args) => inspect::run(args).await,
        Command::End(args) => end::run(args).await,
        Command::Invalidate(args) => invalidate::run(args).await,
        Command::Stats(args) => stats::run(args).await,
        Command::BenchStore(args) => bench_store::run(args).await,
        Command::Compose(args) => compose::run(&args),
        Command::CheckStore(args) => check_store::run(args).await,
        Command::Completions(args) => completions::run(&args, CommandLine::command()),
        Command::Man(args) => man::run(&args, CommandLine::command()),
    }
}
