//! The time from the start of the process to the first response.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Instant;

use lovely_session_tests::binary::Serving;

use crate::bench::Bench;
use crate::contender::{Contender, Pace, each_in_turns};
use crate::row::{Figure, Goal, Row};

/// The most rounds, because starting takes long.
const MOST_ROUNDS: usize = 11;

const HOW: &str = "Wall time from starting the process `lovely-session serve` with `examples/cart` to the first line \
of the response to the first request (an empty cart), with sessions in memory. Ours: the compiled application comes \
from the cache on disk, as from the second start on. Compiled: nothing is prepared. The system has the files in its \
own cache either way.";

pub fn measure(bench: &Bench) -> Vec<Row> {
    let cache = tempfile::tempdir().expect("a directory can be made");
    let cache = cache.path().to_str().expect("its name is a text");
    let pace = Pace { rounds: bench.pace.rounds.min(MOST_ROUNDS), ..bench.pace };
    let contenders = [
        Contender::new(|_| first_response(&["--no-cache"])),
        // The first round, which is not counted, fills the cache.
        Contender::new(|_| first_response(&["--cache", cache])),
    ];
    let [compiled, cached] = each_in_turns(pace, contenders);
    let cached = Figure::new("ours", cached.spread(), "ms");
    let figures = vec![Figure::new("compiled", compiled.spread(), "ms"), cached.clone()];
    vec![Row::new("cold start of `serve`", cached, figures, HOW).with_goal(Goal::AtMost(50.0))]
}

/// Starts a server, and waits for its first response. Returns the time in milliseconds.
fn first_response(arguments: &[&str]) -> f64 {
    let begun = Instant::now();
    let server = Serving::start_with(env!("CART_WASM"), arguments);
    let mut stream = TcpStream::connect(server.address()).expect("the server accepts connections");
    let request = format!("GET /cart HTTP/1.1\r\nHost: {}\r\n\r\n", server.address());
    stream.write_all(request.as_bytes()).expect("the server takes a request");
    let mut status = String::new();
    BufReader::new(stream).read_line(&mut status).expect("the server responds");
    assert_eq!(status.trim_end(), "HTTP/1.1 200 OK");
    begun.elapsed().as_secs_f64() * 1e3
}
