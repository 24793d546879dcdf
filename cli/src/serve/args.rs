//! The arguments of `serve`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use lovely_session_host::serve::{CodeCache, Limits};

use super::grants::GrantArgs;
use super::in_force::LimitsInForce;
use super::observe::ObserveArgs;
use super::size::Size;
use super::tls::TlsArgs;
use crate::log::LogFormat;
use crate::store::ServeStoreArgs;

const SERVE_HELP: &str = "\
The application is a WebAssembly component that exports `wasi:http/incoming-handler@0.2`. Its imports of
`lovely:session` are satisfied by the session component, which is built in. Each request runs in a new
instance. It has no environment variables, files or outgoing HTTP requests but those of `--env`, `--dir`
and `--allow-http`, and no sockets. What the application prints goes to the log, up to 1000 lines or 1 MiB
in a second; the log has the number of lines that were left out.

A request to an origin that is not allowed fails with `HTTP-request-denied`. An origin is a scheme, a host
and a port; the application gets redirects as responses, and following one to another origin is denied.
Certificates are checked with the system's root certificates, or with those in the file that the variable
SSL_CERT_FILE names. Each request may have `--max-http-requests` such requests at the same time, which
count toward its memory, and all end with its time limit.

A configuration file has the flags as keys, without the dashes: arrays for those that are repeatable, true
or false for those without a value. A flag on the command line replaces all values of its key. Relative
paths are relative to the file. It keeps the values of `env` out of the list of processes; they also appear
in no message:

    application = \"shop.wasm\"
    addr = \"0.0.0.0:8080\"
    time-limit = 10
    env = [\"API_KEY=…\", \"REGION\"]
    allow-http = [\"https://api.example.com\"]

The server speaks HTTP/1.1 and HTTP/2, over TLS only with `--tls-cert` and `--tls-key`.

SIGINT or SIGTERM stops the server after the running requests; a second one stops it at once. SIGHUP has it
read the application and the certificate again, without a pause: running requests finish on the old
application. If the new one cannot be used, the server goes on with the old one, and the log contains the reason.

With more requests than it can serve, the server serves as many as it can, and refuses the others at once
with status 503 and `Retry-After`.";

/// The arguments of `serve`.
#[derive(Debug, Args)]
#[command(after_help = SERVE_HELP)]
pub struct ServeArgs {
    /// The application: a WebAssembly component; it can be named in the configuration file instead
    #[arg(value_name = "APP.wasm")]
    pub application: PathBuf,
    /// A file with flags, in TOML
    #[arg(long, value_name = "FILE.toml")]
    pub config: Option<PathBuf>,
    /// The address to listen on; port 0 chooses a free port, which the log contains
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    pub addr: String,
    /// Where sessions are kept.
    #[command(flatten)]
    pub store: ServeStoreArgs,
    /// Where compiled code is kept.
    #[command(flatten)]
    pub cache: CacheArgs,
    /// How the lines of the log are written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,
    /// What the operator sees.
    #[command(flatten)]
    pub observe: ObserveArgs,
    /// What the application may use.
    #[command(flatten)]
    pub grants: GrantArgs,
    /// The certificate.
    #[command(flatten)]
    pub tls: TlsArgs,
    /// The limits, for the operator. They come first, because reading `limits` takes them out of the matches.
    #[command(flatten)]
    pub limits_in_force: LimitsInForce,
    /// The limits of requests and connections.
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// Where `serve` keeps compiled code.
#[derive(Debug, Args)]
pub struct CacheArgs {
    /// Where to keep compiled code for the next start: a directory that only you can write to
    /// [default: $XDG_CACHE_HOME/lovely-session or ~/.cache/lovely-session]
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Compile at each start, and keep no compiled code
    #[arg(long, conflicts_with = "cache")]
    no_cache: bool,
}

impl CacheArgs {
    /// The directory; `None` with `--no-cache`, and for a user without a home directory.
    pub fn directory(&self) -> Option<PathBuf> {
        if self.no_cache { None } else { self.cache.clone().or_else(CodeCache::default_path) }
    }
}

/// The limits of `serve`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// How long a request may run; also how long it may take to receive its body
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    pub time_limit: u64,
    /// The memory of a request, including that of the session component and of the host on its behalf
    #[arg(long, value_name = "SIZE", default_value = "64MiB")]
    pub max_memory: Size,
    /// The size of a request's body
    #[arg(long, value_name = "SIZE", default_value = "1MiB")]
    pub max_body: Size,
    /// How many requests run concurrently, each in a slot
    #[arg(long, value_name = "COUNT", default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_requests: u32,
    /// How many outgoing HTTP requests one request may have at the same time
    #[arg(long, value_name = "COUNT", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_http_requests: u32,
    /// How many requests wait for a slot, and how many connections for a place; others are refused at once
    #[arg(long, value_name = "COUNT", default_value_t = 1024)]
    pub max_waiting: u32,
    /// How long they wait before they are refused; a tenth of that while the server is overloaded
    #[arg(long, value_name = "SECONDS", default_value_t = 1)]
    pub max_wait: u64,
    /// How many connections are open concurrently, and how many requests of HTTP/2 on all of them
    #[arg(long, value_name = "COUNT", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_connections: u32,
    /// How long to wait for the TLS handshake and for the headers of a request, and to keep an idle connection
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..))]
    pub header_timeout: u64,
    /// How long a client may take none of its response (less than 64 KiB) before it is disconnected
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..))]
    pub send_timeout: u64,
    /// How much of a response is taken from the application before the client has read it
    #[arg(long, value_name = "SIZE", default_value = "1MiB")]
    pub response_ahead: Size,
    /// How long to wait for the running requests when the server stops
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
            outgoing_requests: args.max_http_requests,
            waiting: args.max_waiting,
            waiting_time: Duration::from_secs(args.max_wait),
            connections: args.max_connections,
            header_time: Duration::from_secs(args.header_timeout),
            send_time: Duration::from_secs(args.send_timeout),
            response_ahead: args.response_ahead.bytes,
            shutdown_time: Duration::from_secs(args.shutdown_timeout),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Serve {
        #[command(flatten)]
        args: ServeArgs,
    }

    #[test]
    fn the_flags_default_to_the_limits_of_the_library() {
        let serve = Serve::parse_from(["serve", "app.wasm"]);
        assert_eq!(Limits::from(&serve.args.limits), Limits::default());
    }
}
