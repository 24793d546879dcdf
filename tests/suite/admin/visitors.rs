//! Visitors of a server.

use std::time::Duration;

use tokio::task::JoinHandle;

use super::Observed;
use lovely_session_tests::client::client;

/// The number of visitors at the same time.
const VISITORS: usize = 4;

/// The pause of a visitor after each request.
const PAUSE: Duration = Duration::from_millis(20);

/// Visitors who each begin one session after the other, so that every memcached server gets some of them. They stop when
/// this is dropped.
pub struct Visitors(Vec<JoinHandle<()>>);

impl Visitors {
    /// Visitors of a server.
    pub fn of(observed: &Observed) -> Self {
        Self((0..VISITORS).map(|_| tokio::spawn(visit(observed.serving.url("/")))).collect())
    }
}

impl Drop for Visitors {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

/// Requests for a session on a server that is away fail, which a visitor bears.
async fn visit(url: String) {
    let client = client();
    loop {
        let response = client.get(&url).send().await.unwrap();
        response.bytes().await.unwrap();
        tokio::time::sleep(PAUSE).await;
    }
}
