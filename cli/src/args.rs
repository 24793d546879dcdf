//! The command line: its commands, and the help of the whole.

use clap::{Parser, Subcommand};

use crate::bench_store::BenchStoreArgs;
use crate::check_store::CheckStoreArgs;
use crate::completions::CompletionsArgs;
use crate::compose::ComposeArgs;
use crate::end::EndArgs;
use crate::inspect::InspectArgs;
use crate::invalidate::InvalidateArgs;
use crate::log::LogFormat;
use crate::man::ManArgs;
use crate::new::NewArgs;
use crate::serve::ServeArgs;
use crate::stats::StatsArgs;

const HELP: &str = "\
Examples:
  Write an edge function of your own, to start from:
    lovely-session new shop

  Serve it, with sessions in memory (they end with the process):
    lovely-session serve shop.wasm

  Serve it with a secret, a directory and a server that it may call:
    lovely-session serve shop.wasm --env API_KEY --dir assets=/assets --allow-http https://api.example.com

  Serve it on every network interface, with sessions in two memcached servers:
    lovely-session serve shop.wasm --addr 0.0.0.0:8080 --store memcached://10.0.0.1:11211,10.0.0.2:11211

  Print a session:
    lovely-session inspect --store memcached://10.0.0.1:11211,10.0.0.2:11211 cart 5Ck1w3…

  End a session, or all sessions of a container:
    lovely-session end --store memcached://10.0.0.1:11211,10.0.0.2:11211 cart 5Ck1w3…
    lovely-session invalidate --store memcached://10.0.0.1:11211,10.0.0.2:11211 cart

  See how the servers are:
    lovely-session stats --store memcached://10.0.0.1:11211,10.0.0.2:11211

  Measure what they can do from this machine:
    lovely-session bench-store --store memcached://10.0.0.1:11211,10.0.0.2:11211

  Write a component that other hosts with WASI 0.2 can run, with sessions in memcached:
    lovely-session compose shop.wasm --store memcached --output shop-with-sessions.wasm

  Check a store that you wrote as a component:
    lovely-session check-store my-store.wasm

Exit codes:
  0  success; for `serve`: stopped by a signal
  1  a failure that has no other code
  2  the command line or the configuration file is invalid
  3  the application or a store component cannot be read, served or composed
  4  the store, or one of its servers, cannot be reached, or lacks what sessions need; for `end` and
     `invalidate`: not everything that was asked for is certain to have ended, so repeat it
  5  the server cannot listen on the address, or cannot use the certificate
  6  the session does not exist, has ended already, or its record cannot be read
  7  the checked store breaks a rule
  8  the checked store breaks no rule, but some rules are unsupported or could not be tried
  9  the question whether to go on was not answered with yes

The log goes to standard error. The variable RUST_LOG filters it: `warn` keeps warnings and errors,
`info,access=off` leaves out the line for each request, `debug` adds details. Lines that cannot be
written, or not fast enough, are dropped and counted; the log contains the count.";

/// Serves WebAssembly edge functions with transactional sessions.
#[derive(Debug, Parser)]
#[command(name = "lovely-session", version, after_help = HELP)]
pub struct CommandLine {
    /// The command to run.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a new edge function that counts visits, as a crate of its own
    New(NewArgs),
    /// Serve an edge function over HTTP
    Serve(Box<ServeArgs>),
    /// Print a stored session, without changing it or extending its lifetime
    Inspect(InspectArgs),
    /// End a session, as a logout does
    End(EndArgs),
    /// End all sessions of a container at once, on all hosts
    Invalidate(InvalidateArgs),
    /// Print the state of the memcached servers, and what limits sessions there
    Stats(StatsArgs),
    /// Measure what a store can do from this machine
    BenchStore(BenchStoreArgs),
    /// Compose the session component, and an application, with a store, for other hosts
    Compose(ComposeArgs),
    /// Check that a store keeps the contract of `lovely:session/key-value`, and print a report
    CheckStore(CheckStoreArgs),
    /// Print the completions for a shell
    Completions(CompletionsArgs),
    /// Print the manual page, or write a page for each command
    Man(ManArgs),
}

impl Command {
    /// How the command logs.
    pub fn log_format(&self) -> LogFormat {
        match self {
            Self::Serve(args) => args.log_format,
            _ => LogFormat::Text,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_of_the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }
}
