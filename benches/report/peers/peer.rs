//! What the servers of other libraries are.

use std::path::Path;

use super::served::Served;
use crate::bench::Bench;

/// The names of the lines of plots: `lovely-session serve`.
pub const SERVED: &str = "lovely-session";
/// tower-sessions with axum, on a store that is written for the bench.
pub const AXUM: &str = "axum";
/// express-session with its store on memcached.
pub const EXPRESS: &str = "express-session";
/// Django's sessions in its cache on memcached.
pub const DJANGO: &str = "Django";
/// PHP's session handler on memcached.
pub const PHP: &str = "PHP";

/// A server in `benches/peers`.
pub struct Peer {
    /// Its name for `serve.sh`.
    name: &'static str,
    /// Its line in plots, and its name in tables.
    pub line: &'static str,
    /// What it does for a request.
    pub what_it_does: &'static str,
}

impl Peer {
    /// Starts it from the directory of the peers, with its sessions on a memcached.
    pub fn start(&self, bench: &Bench, directory: &Path, memcached: &str) -> anyhow::Result<Served> {
        Served::start(bench, directory, self.name, memcached)
    }
}

/// The native one.
pub const NATIVE: Peer = Peer {
    name: "axum",
    line: AXUM,
    what_it_does: "A native server in Rust, on as many threads as there are processors: axum with the middleware of \
                   tower-sessions, on a store that is written for the bench, which takes one of 64 pooled connections \
                   for each command. The last save wins.",
};

/// All of them.
pub const PEERS: [Peer; 4] = [
    NATIVE,
    Peer {
        name: "express",
        line: EXPRESS,
        what_it_does: "An HTTP server of Node with the middleware of express-session, on one thread. A request loads \
                       the session, changes it, and saves it before the response ends. The last save wins.",
    },
    Peer {
        name: "django",
        line: DJANGO,
        what_it_does: "gunicorn with two processes of 32 threads. Django's middleware loads the session, the view \
                       changes it, and the middleware saves it. The last save wins.",
    },
    Peer {
        name: "php",
        line: PHP,
        what_it_does: "nginx and php-fpm with five processes, the most that Debian's configuration allows. The session \
                       handler locks the session, asking every 150 ms whether it is free, and gives up after five \
                       more times; the program then returns 503. So nothing gets lost, but the process waits as well.",
    },
];
