//! A server in this process, on a free port.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use lovely_session_host::Memory;
use lovely_session_host::serve::{Application, Limits, Server};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::raw::RawConnection;
use lovely_session_tests::client::client;

/// Limits that a request reaches only on purpose.
pub fn limits() -> Limits {
    Limits {
        request_time: Duration::from_secs(20),
        concurrent_requests: 8,
        waiting_time: Duration::from_secs(20),
        shutdown_time: Duration::from_secs(20),
        ..Limits::default()
    }
}

/// A server, usually of the program `misbehave`.
pub struct RunningServer {
    address: SocketAddr,
    client: reqwest::Client,
    stop: oneshot::Sender<()>,
    end: JoinHandle<usize>,
}

impl RunningServer {
    /// Serves with [`limits`].
    pub async fn start() -> Self {
        static APPLICATION: OnceLock<Application> = OnceLock::new();
        Self::serve(APPLICATION.get_or_init(|| misbehaving(limits())).clone()).await
    }

    /// Serves with other limits.
    pub async fn start_with(limits: Limits) -> Self {
        Self::serve(misbehaving(limits)).await
    }

    /// Serves this application.
    pub async fn serve(application: Application) -> Self {
        Self::serve_changed(application, |server| server).await
    }

    /// Serves this application on a server that `change` has prepared.
    pub async fn serve_changed(application: Application, change: impl FnOnce(Server) -> Server) -> Self {
        let store = Arc::new(Memory::new());
        let server = change(Server::bind("127.0.0.1:0", application, store).await.unwrap());
        let address = server.local_addr();
        let (stop, stopped) = oneshot::channel();
        let end = tokio::spawn(server.run(async {
            // Also stops when the test is over and the sender is dropped.
            let _told_or_forgotten = stopped.await;
        }));
        Self { address, client: client(), stop, end }
    }

    /// Sends a request, and returns the head of the response.
    pub async fn request(&self, path: &str) -> reqwest::Result<reqwest::Response> {
        self.client.get(self.url(path)).send().await
    }

    /// Sends a request, and returns the status and the body of the response.
    pub async fn get(&self, path: &str) -> (u16, String) {
        read(self.request(path).await.unwrap()).await
    }

    /// Sends a request with a body, and returns the status and the body of the response.
    pub async fn post(&self, path: &str, body: Vec<u8>) -> (u16, String) {
        read(self.client.post(self.url(path)).body(body).send().await.unwrap()).await
    }

    /// A connection on which the test writes and reads bytes itself.
    pub fn connect(&self) -> RawConnection {
        RawConnection::open(self.address)
    }

    /// The address of the server.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends a request in a task, and returns the task.
    pub fn begin_request(&self, path: &str) -> JoinHandle<reqwest::Result<reqwest::Response>> {
        tokio::spawn(self.client.get(self.url(path)).send())
    }

    /// Tells the server to stop. The task returns the number of connections with unfinished requests.
    pub fn stop(self) -> JoinHandle<usize> {
        self.stop.send(()).unwrap();
        self.end
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// The file of the program `misbehave`.
pub fn misbehaving_file() -> Vec<u8> {
    std::fs::read(env!("PROGRAM_MISBEHAVE_WASM")).unwrap()
}

/// The program `misbehave` with these limits.
pub fn misbehaving(limits: Limits) -> Application {
    Application::load(&misbehaving_file(), limits).unwrap()
}

async fn read(response: reqwest::Response) -> (u16, String) {
    (response.status().as_u16(), response.text().await.unwrap())
}
