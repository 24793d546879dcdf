//! The command line: what it takes, and what it tells about itself.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use lovely_session_host::StoreUrl;
use lovely_session_host::serve::{CodeCache, Limits};

use crate::size::Size;

const EXAMPLES: &str = "\
Examples:
  Serve an edge function, with sessions in this process (they end with it):
    lovely-session serve shop.wasm

  The same, with sessions in two memcached servers, for everybody on the network:
    lovely-session serve shop.wasm --addr 0.0.0.0:8080 --store memcached://10.0.0.1:11211,10.0.0.2:11211

  See what a session holds:
    lovely-session inspect --store memcached://10.0.0.1:11211,10.0.0.2:11211 cart 5Ck1w3…

  Check a store that you wrote, as a component:
    lovely-session check-store my-store.wasm

  Make a component of an edge function that any host with WASI 0.2 can run, with sessions in memcached:
    lovely-session compose shop.wasm --store memcached --output shop-with-sessions.wasm

Exit codes:
  0  done; for `serve`: stopped as asked
  1  something failed that has no code of its own
  2  the command line is wrong
  3  the application, or a store component, cannot be read, served or composed
  4  the store cannot be reached, or cannot do what sessions need
  5  the address cannot be listened on
  6  there is no such session, or its record cannot be read
  7  the store that was checked breaks a rule
  8  the store that was checked breaks no rule, but some are unsupported or could not be tried

The log goes to standard error. RUST_LOG chooses from it: `warn` is trouble only, `info,access=off` is
all but the line for each request, `debug` is more. Lines that nobody reads in time, or that cannot be
written, are dropped; the log says how many.";

/// Serves WebAssembly edge functions whose sessions are transactional.
#[derive(Debug, Parser)]
#[command(name = "lovely-session", version, after_help = EXAMPLES)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serves an edge function over HTTP.
    Serve(ServeArgs),
    /// Prints a stored session, without changing it or keeping it alive.
    Inspect(InspectArgs),
    /// Writes the session component joined with a store, for other hosts; or an application joined with both.
    Compose(ComposeArgs),
    /// Checks that a store keeps the contract of `lovely:session/key-value`, and prints what it finds.
    CheckStore(CheckStoreArgs),
}

const SERVE_HELP: &str = "\
The application is a WebAssembly component that exports `wasi:http/incoming-handler@0.2`. What it
imports of `lovely:session` is served by the session component, which is built in. Each request runs
in a fresh instance, without files, environment, sockets or outgoing HTTP requests (these answer
`HTTP-request-denied`). What it prints goes to the log.

SIGINT or SIGTERM stops the server once the running requests are answered; a second one stops it at
once, whatever it waits for.";

/// What `serve` takes.
#[derive(Debug, Args)]
#[command(after_help = SERVE_HELP)]
pub struct ServeArgs {
    /// The application: a WebAssembly component
    #[arg(value_name = "APP.wasm")]
    pub application: PathBuf,
    /// Where to listen; port 0 means any free one, which the log tells
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    pub addr: String,
    /// Where sessions are kept: `memory:`, or `memcached://HOST:PORT[,HOST:PORT…]`
    #[arg(long, value_name = "URL", default_value = "memory:")]
    pub store: StoreUrl,
    /// Where compiled code is kept.
    #[command(flatten)]
    pub cache: CacheArgs,
    /// What requests may use.
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// Where `serve` keeps compiled code.
#[derive(Debug, Args)]
pub struct CacheArgs {
    /// Where to keep compiled code for the next start; a directory that only you can write to
    /// [default: $XDG_CACHE_HOME/lovely-session or ~/.cache/lovely-session]
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Compile at every start, and keep nothing
    #[arg(long, conflicts_with = "cache")]
    no_cache: bool,
}

impl CacheArgs {
    /// The directory; none when nothing is to be kept, or when this user has no place for it.
    pub fn directory(&self) -> Option<PathBuf> {
        if self.no_cache { None } else { self.cache.clone().or_else(CodeCache::default_path) }
    }
}

/// The limits of `serve`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// How long a request may run; and, before that, wait for its body, and for a free place
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    pub time_limit: u64,
    /// The memory of one request, with the session component's and what the host holds for it
    #[arg(long, value_name = "SIZE", default_value = "64MiB")]
    pub max_memory: Size,
    /// The largest body of a request
    #[arg(long, value_name = "SIZE", default_value = "1MiB")]
    pub max_body: Size,
    /// How many requests run at a time; others wait
    #[arg(long, value_name = "COUNT", default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_requests: u32,
    /// How many connections are open at a time; others wait
    #[arg(long, value_name = "COUNT", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_connections: u32,
    /// How long to wait for the head of a request, and to keep an idle connection
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..))]
    pub header_timeout: u64,
    /// How long to wait for the running requests when stopping
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub shutdown_timeout: u64,
}

impl From<&LimitArgs> for Limits {
    fn from(args: &LimitArgs) -> Self {
        Self {
            request_time: Duration::from_secs(args.time_limit),
            memory: args.max_memory.bytes,
            body: args.max_body.bytes,
            concurrent_requests: args.max_requests,
            connections: args.max_connections,
            header_time: Duration::from_secs(args.header_timeout),
            shutdown_time: Duration::from_secs(args.shutdown_timeout),
        }
    }
}

const INSPECT_HELP: &str = "\
Example:
  lovely-session inspect --store memcached://127.0.0.1:11211 cart 5Ck1w3…

The session id is what the application gave to the visitor, such as the value of a cookie. It is a
secret: mind who can read this shell's history. Sessions in `memory:` cannot be inspected: they are
in the process that serves them, and nowhere else.";

/// What `inspect` takes.
#[derive(Debug, Args)]
#[command(after_help = INSPECT_HELP)]
pub struct InspectArgs {
    /// Where sessions are kept: `memcached://HOST:PORT[,HOST:PORT…]`, as given to `serve`
    #[arg(long, value_name = "URL")]
    pub store: StoreUrl,
    /// The name of the session's container
    pub container: String,
    /// The id of the session
    pub session_id: String,
}

const COMPOSE_HELP: &str = "\
Examples:
  The session component with a store in memcached, to compose applications with:
    lovely-session compose --store memcached --output lovely-session-memcached.wasm

  An application with sessions in a store of your own:
    lovely-session compose shop.wasm --store my-store.wasm --output shop-with-sessions.wasm

With `memcached`, the servers are named where the result runs, by its environment:
LOVELY_SESSION_MEMCACHED=HOST:PORT[,HOST:PORT…], and LOVELY_SESSION_MEMCACHED_TIMEOUT_MS (2000 unless
given) for how long a call may take. Without `--store`, the result imports `lovely:session/key-value`.";

/// What `compose` takes.
#[derive(Debug, Args)]
#[command(after_help = COMPOSE_HELP)]
pub struct ComposeArgs {
    /// The application: a WebAssembly component; when it is absent, the session component is written
    #[arg(value_name = "APP.wasm")]
    pub application: Option<PathBuf>,
    /// Where sessions are kept: `memcached`, or a component that exports `lovely:session/key-value`
    #[arg(long, value_name = "memcached|STORE.wasm")]
    pub store: Option<PathBuf>,
    /// Where to write the component
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
}

const CHECK_STORE_HELP: &str = "\
Examples:
  A store in any language, as a component that imports nothing but WASI 0.2:
    lovely-session check-store my-store.wasm --env MY_STORE=127.0.0.1:4000

  A store that `lovely-session serve` can use:
    lovely-session check-store --store memcached://127.0.0.1:11211

The store may be in use: every run has keys of its own, and deletes them in the end. It takes some 10
seconds, and 20 MB of room in the store.";

/// What `check-store` takes.
#[derive(Debug, Args)]
#[command(after_help = CHECK_STORE_HELP)]
pub struct CheckStoreArgs {
    /// The store: a component that exports `lovely:session/key-value@0.1.0`
    #[arg(value_name = "STORE.wasm", required_unless_present = "store")]
    pub component: Option<PathBuf>,
    /// A variable in the environment of the component; may be given several times
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    pub environment: Vec<(String, String)>,
    /// Checks this store instead: `memory:`, or `memcached://HOST:PORT[,HOST:PORT…]`
    #[arg(long, value_name = "URL", conflicts_with_all = ["component", "environment"])]
    pub store: Option<StoreUrl>,
    /// The store has no lifetimes: try all that does not need them
    #[arg(long)]
    pub without_lifetimes: bool,
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_of_the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn the_flags_default_to_the_library_s_limits() {
        let parsed = CommandLine::parse_from(["lovely-session", "serve", "app.wasm"]);
        let Command::Serve(args) = parsed.command else { panic!("`serve` was parsed as another command") };
        assert_eq!(Limits::from(&args.limits), Limits::default());
    }
}
