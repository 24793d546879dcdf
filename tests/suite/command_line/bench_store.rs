//! `lovely-session bench-store`.

use lovely_session_tests::memcached::MemcachedServer;
use serde_json::Value;

use super::binary::{Ended, run};

fn bench_store(server: &MemcachedServer, more: &[&str]) -> Ended {
    let store = format!("memcached://{}", server.address());
    run([&["bench-store", "--seconds", "1", "--store", &store], more].concat())
}

#[test]
fn the_figures_are_printed_with_what_they_mean_and_no_entry_is_left() {
    let server = MemcachedServer::start();
    let _stored = server.command("ms of-another-client 1\r\n1");
    let ended = bench_store(&server, &[]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    for wanted in [
        "values of 1 KB\n",
        "values of 100 KB\n",
        "  one read              median ",
        "  one compare-and-swap  median ",
        "  64 at a time          ",
        "so a request with a session of this size waits about ",
        " a second by the store",
    ] {
        assert!(ended.stdout.contains(wanted), "{wanted:?} is not in:\n{}", ended.stdout);
    }
    assert_eq!(server.keys(), ["of-another-client"]);
}

#[test]
fn json_has_the_figures_of_each_size() {
    let server = MemcachedServer::start();
    let ended = bench_store(&server, &["--json"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let figures: Value = serde_json::from_str(&ended.stdout).unwrap();
    let sizes: Vec<_> =
        figures["sizes"].as_array().unwrap().iter().map(|size| &size["value_bytes"]).collect();
    assert_eq!(sizes, [1000, 100_000]);
    for size in figures["sizes"].as_array().unwrap() {
        let seconds = |name: &str, part: &str| size[name][part].as_f64().unwrap();
        for name in ["read", "compare_and_swap"] {
            let (median, p99) = (seconds(name, "median_seconds"), seconds(name, "p99_seconds"));
            assert!(0.0 < median && median <= p99 && p99 <= seconds(name, "max_seconds"), "{size}");
        }
        assert!(size["requests_per_second"].as_f64().unwrap() > 10.0, "{size}");
    }
}

#[test]
fn a_store_that_cannot_take_the_values_is_told_and_no_entry_is_left() {
    let server = MemcachedServer::start_with(&["-I", "16384", "-o", "slab_chunk_max=16384"]);
    let ended = bench_store(&server, &[]);
    assert_eq!(ended.code, Some(4));
    assert!(ended.stderr.contains("bytes at most"), "{}", ended.stderr);
    assert_eq!(server.keys(), Vec::<String>::new());
}
