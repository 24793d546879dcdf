//! The resources that the host holds for a request count toward its memory limit, and are freed with the request.

use std::fs;

use lovely_session_tests::binary::Serving;
use lovely_session_tests::client::client;

/// The memory limit of a request, and its text in the log.
const LIMIT: usize = 16 << 20;
const LIMIT_IN_LOG: &str = "memory limit of 16777216 bytes";

/// The most bytes by which the server may grow for one request: its limit, and copies.
const MOST: usize = 3 * LIMIT;

const FAILED: (u16, &str) = (500, "the application failed\n");

/// A server process that has not compiled its application, because that takes more memory than all requests.
struct Server {
    process: Serving,
    client: reqwest::Client,
}

impl Server {
    async fn start() -> Self {
        let cache = concat!(env!("CARGO_TARGET_TMPDIR"), "/hoard-cache");
        let start = || {
            let arguments = ["--max-memory", "16MiB", "--cache", cache];
            Serving::start_with(env!("PROGRAM_HOARD_WASM"), arguments)
        };
        drop(start());
        let server = Self { process: start(), client: client() };
        assert_eq!(server.get("/nothing").await, (200, "0\n".to_owned()));
        server
    }

    async fn get(&self, path: &str) -> (u16, String) {
        self.post(path, Vec::new()).await
    }

    async fn post(&self, path: &str, body: Vec<u8>) -> (u16, String) {
        let response = self.client.post(self.process.url(path)).body(body).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Sends a request, and checks that the server does not grow too much during it.
    async fn get_within_bounds(&self, path: &str) -> (u16, String) {
        // Resets the largest size that the kernel has measured.
        fs::write(format!("/proc/{}/clear_refs", self.process.id()), "5").unwrap();
        let before = self.size("VmRSS:");
        let response = self.get(path).await;
        let grown = self.size("VmHWM:").saturating_sub(before);
        assert!(grown <= MOST, "{path} made the server {grown} bytes larger and ended with {response:?}");
        response
    }

    fn size(&self, name: &str) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        let kibibytes: usize = line.trim().strip_suffix(" kB").unwrap().parse().unwrap();
        kibibytes << 10
    }

    /// Checks that a request fails without too much memory, that the log has the reason, and that the next request
    /// succeeds.
    async fn assert_refused(self, path: &str, reason: &str) {
        let (status, text) = self.get_within_bounds(path).await;
        assert_eq!((status, text.as_str()), FAILED);
        assert_eq!(self.get("/nothing").await.0, 200);
        self.process.signal("TERM");
        let (_, log) = self.process.wait();
        assert!(log.contains(reason), "{log}");
    }
}

#[tokio::test]
async fn header_objects_count_toward_the_limit() {
    Server::start().await.assert_refused("/fields", LIMIT_IN_LOG).await;
}

#[tokio::test]
async fn copies_of_header_objects_count_toward_the_limit() {
    Server::start().await.assert_refused("/copied-fields", LIMIT_IN_LOG).await;
}

#[tokio::test]
async fn bodies_that_are_not_sent_count_toward_the_limit() {
    Server::start().await.assert_refused("/bodies", LIMIT_IN_LOG).await;
}

#[tokio::test]
async fn the_parts_of_outgoing_requests_count_toward_the_limit() {
    Server::start().await.assert_refused("/methods", LIMIT_IN_LOG).await;
}

#[tokio::test]
async fn the_number_of_small_resources_is_limited() {
    Server::start().await.assert_refused("/pollables", "handle limit").await;
    Server::start().await.assert_refused("/outputs", "handle limit").await;
}

#[tokio::test]
async fn the_parameters_of_a_call_are_limited_to_half_of_the_memory() {
    Server::start().await.assert_refused("/write-too-much", "fuel").await;
}

#[tokio::test]
async fn dropped_resources_do_not_count() {
    let server = Server::start().await;
    assert_eq!(server.get_within_bounds("/fields-in-turn").await, (200, "2000\n".to_owned()));
}

#[tokio::test]
async fn a_body_can_be_read_in_any_number_of_chunks() {
    let server = Server::start().await;
    assert_eq!(server.post("/body", vec![b'x'; 100_000]).await, (200, "100000\n".to_owned()));
}

#[tokio::test]
async fn a_read_over_the_memory_limit_fails_before_all_of_it_is_in_memory() {
    let server = Server::start().await;
    assert_eq!(server.get("/write").await, (200, "1\n".to_owned()));
    assert_eq!(server.get_within_bounds("/read-repeatedly").await, (200, "0\n".to_owned()));
    server.process.signal("TERM");
    let (_, log) = server.process.wait();
    assert!(log.contains("more than 16777216 bytes of sessions at once"), "{log}");
}
