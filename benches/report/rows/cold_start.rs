//! How long it takes from nothing to the first answer.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use lovely_session_tests::binary::Serving;

use crate::bench::Bench;
use crate::contender::{Contender, Pace, each_in_turns};
use crate::row::{Figure, Goal, Row};

/// Starting takes too long for many rounds.
const MOST_ROUNDS: usize = 11;

const HOW: &str = "Wall time from starting the process `lovely-session serve` with `examples/cart` to the first \
line of the answer to the first request (an empty cart), with sessions in memory. The files are in the system's \
cache. Compiled at start: without anything prepared.";

pub fn measure(bench: &Bench) -> Vec<Row> {
    let pace = Pace { rounds: bench.pace.rounds.min(MOST_ROUNDS), ..bench.pace };
    let [compiled] = each_in_turns(pace, [Contender::new(|_| milliseconds(first_answer(&[])))]);
    let figures = vec![Figure::new("compiled at start", compiled.spread(), "ms")];
    let result = Figure::new("compiled at start", compiled.spread(), "ms");
    vec![Row::new("cold start of `serve`", result, figures, HOW).with_goal(Goal::AtMost(50.0))]
}

/// Starts a server, and waits for its first answer.
fn first_answer(arguments: &[&str]) -> Duration {
    let begun = Instant::now();
    let server = Serving::start_with(env!("CART_WASM"), arguments);
    let mut stream = TcpStream::connect(server.address()).expect("the server accepts connections");
    let request = format!("GET /cart HTTP/1.1\r\nHost: {}\r\n\r\n", server.address());
    stream.write_all(request.as_bytes()).expect("the server takes a request");
    let mut status = String::new();
    BufReader::new(stream).read_line(&mut status).expect("the server answers");
    assert_eq!(status.trim_end(), "HTTP/1.1 200 OK");
    begun.elapsed()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
