//! A server that is operated: the process of the command with its admin server, two memcached servers, and visitors.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use lovely_session_tests::binary::{Serving, binary};
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::visitor::Visitor;
use tokio::task::JoinHandle;

/// The visitors, each with a session. So many that each memcached server has some of the sessions.
const VISITORS: usize = 8;

/// The pause of a visitor after each request.
const PAUSE: Duration = Duration::from_millis(25);

/// The cart, served by the command. Everything ends when this is dropped.
pub struct Operated {
    /// The memcached servers.
    pub memcached: [MemcachedServer; 2],
    serving: Serving,
    admin: SocketAddr,
}

impl Operated {
    /// Starts everything, except visitors.
    pub fn start() -> Self {
        let memcached = [MemcachedServer::start(), MemcachedServer::start()];
        let (serving, admin) = serve(&memcached, "127.0.0.1:0");
        Self { memcached, serving, admin }
    }

    /// The address of the page.
    pub fn page(&self) -> String {
        format!("http://{}/", self.admin)
    }

    /// Visitors who fill their carts, one request after the other. They stop when this is dropped.
    pub fn visitors(&self) -> Visitors {
        let visit = |_| tokio::spawn(fill_cart(self.serving.url("")));
        Visitors((0..VISITORS).map(visit).collect())
    }

    /// Ends the command.
    pub fn stop(self) -> Stopped {
        Stopped { memcached: self.memcached, admin: self.admin }
    }
}

/// A server whose command has ended.
pub struct Stopped {
    memcached: [MemcachedServer; 2],
    admin: SocketAddr,
}

impl Stopped {
    /// Starts the command again, with the page at the same address.
    pub fn start(self) -> Operated {
        let (serving, admin) = serve(&self.memcached, &self.admin.to_string());
        Operated { memcached: self.memcached, serving, admin }
    }
}

/// Visitors of a server.
pub struct Visitors(Vec<JoinHandle<()>>);

impl Drop for Visitors {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

/// Requests fail while a memcached server is away.
async fn fill_cart(site: String) {
    let mut visitor = Visitor::new(site);
    loop {
        visitor.post_json("/cart/items", r#"{"sku": "apple", "qty": 1}"#).await;
        tokio::time::sleep(PAUSE).await;
    }
}

/// Starts the command, and returns it with the address of its admin server.
fn serve(memcached: &[MemcachedServer; 2], admin: &str) -> (Serving, SocketAddr) {
    let [one, other] = memcached.each_ref().map(MemcachedServer::address);
    let store = format!("memcached://{one},{other}");
    let mut command = Command::new(binary());
    command.args(["serve", env!("CART_WASM"), "--addr", "127.0.0.1:0", "--admin", admin, "--store", &store]);
    let mut found = None;
    let serving = Serving::watched(command.env_remove("RUST_LOG"), |line| {
        let (what, address) = line.split_once(" on http://")?;
        let address = address.trim().parse().unwrap();
        if what.ends_with("the page for operators") {
            found = Some(address);
            return None;
        }
        Some(address)
    });
    (serving, found.expect("the address of the admin server is logged before that of the server"))
}
