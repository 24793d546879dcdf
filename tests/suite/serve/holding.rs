//! What a request makes the host hold counts toward its memory, and nothing of it outlives the request.

use std::fs;

use lovely_session_tests::binary::Serving;

/// The memory limit of a request, and how the log names it.
const LIMIT: usize = 16 << 20;
const LIMIT_IN_LOG: &str = "memory limit of 16777216 bytes";

/// By how much the server may grow for one request: its limit, and what it copies of that.
const MOST: usize = 3 * LIMIT;

const FAILED: (u16, &str) = (500, "the application failed\n");

/// A server in a process of its own, which has compiled nothing itself: that would take more memory than all requests.
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
        let server = Self { process: start(), client: reqwest::Client::new() };
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

    /// Asks for a path, and sees that the server stays within bounds meanwhile.
    async fn get_within_bounds(&self, path: &str) -> (u16, String) {
        // From here on, the kernel measures the largest size anew.
        fs::write(format!("/proc/{}/clear_refs", self.process.id()), "5").unwrap();
        let before = self.size("VmRSS:");
        let answer = self.get(path).await;
        let grown = self.size("VmHWM:").saturating_sub(before);
        assert!(grown <= MOST, "{path} made the server {grown} bytes larger and ended with {answer:?}");
        answer
    }

    fn size(&self, name: &str) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        let kibibytes: usize = line.trim().strip_suffix(" kB").unwrap().parse().unwrap();
        kibibytes << 10
    }

    /// Sees that a path fails within bounds, that the log says why, and that the next request works.
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
async fn header_objects_count() {
    Server::start().await.assert_refused("/fields", LIMIT_IN_LOG).await;
}

#[tokio::test]
async fn copies_of_header_objects_count() {
    Server::start().await.assert_refused("/copied-fields", LIMIT_IN_LOG).await;
}

#[tokio::test]
async fn bodies_that_are_not_sent_count() {
    Server::start().await.assert_refused("/bodies", LIMIT_IN_LOG).await;
}

#[tokio::test]
async fn what_requests_are_made_of_counts() {
    Server::start().await.assert_refused("/methods", LIMIT_IN_LOG).await;
}

#[tokio::test]
async fn small_things_are_limited_in_number() {
    Server::start().await.assert_refused("/pollables", "handle limit").await;
    Server::start().await.assert_refused("/outputs", "handle limit").await;
}

#[tokio::test]
async fn one_call_cannot_hand_over_more_than_half_of_the_memory() {
    Server::start().await.assert_refused("/write-too-much", "fuel").await;
}

#[tokio::test]
async fn what_is_given_back_does_not_count() {
    let server = Server::start().await;
    assert_eq!(server.get_within_bounds("/fields-in-turn").await, (200, "2000\n".to_owned()));
}

#[tokio::test]
async fn a_body_can_be_read_in_any_number_of_pieces() {
    let server = Server::start().await;
    assert_eq!(server.post("/body", vec![b'x'; 100_000]).await, (200, "100000\n".to_owned()));
}

#[tokio::test]
async fn a_read_of_more_than_the_memory_is_refused_before_all_of_it_is_there() {
    let server = Server::start().await;
    assert_eq!(server.get("/write").await, (200, "1\n".to_owned()));
    assert_eq!(server.get_within_bounds("/read-repeatedly").await, (200, "0\n".to_owned()));
    server.process.signal("TERM");
    let (_, log) = server.process.wait();
    assert!(log.contains("more than 16777216 bytes of sessions at once"), "{log}");
}
