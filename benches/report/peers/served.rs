//! A server of a peer.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Context;
use http_body_util::Full;
use hyper::Request;

use crate::bench::{Bench, TIMEOUT};
use crate::load::Connection;

/// A server of a cart. It stops when this is dropped.
pub struct Served {
    script: Child,
    address: SocketAddr,
    name: String,
}

impl Served {
    /// Starts a peer by its name from the directory of the peers, on a memcached, and waits until it responds.
    pub fn start(bench: &Bench, directory: &Path, peer: &str, memcached: &str) -> anyhow::Result<Self> {
        let address = free_address().context("there is no free port")?;
        let script = directory.join("serve.sh");
        let mut command = Command::new(&script);
        command.args([peer, memcached, &address.port().to_string()]).stdin(Stdio::piped());
        let script = command.spawn().with_context(|| format!("cannot run {}", script.display()))?;
        let mut served = Self { script, address, name: String::new() };
        served.wait_until_it_listens().with_context(|| format!("{peer} does not serve"))?;
        let name = bench.workers.block_on(about(address));
        served.name = name.with_context(|| format!("{peer} does not tell what it is"))?;
        Ok(served)
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The id of the process that has started its processes.
    pub fn id(&self) -> u32 {
        self.script.id()
    }

    /// Its name and versions.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn wait_until_it_listens(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + TIMEOUT;
        while TcpStream::connect(self.address).is_err() {
            if let Some(status) = self.script.try_wait()? {
                anyhow::bail!("it ended: {status}");
            }
            anyhow::ensure!(
                Instant::now() < deadline,
                "nobody listens on {} after {TIMEOUT:?}",
                self.address
            );
            sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // The script ends its processes and itself when its standard input is closed.
        drop(self.script.stdin.take());
        let _status = self.script.wait();
    }
}

fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// The name and versions that the peer reports.
async fn about(address: SocketAddr) -> anyhow::Result<String> {
    let request = Request::get("/about").body(Full::default())?;
    let response = Connection::open(address).await.send(request).await?;
    anyhow::ensure!(response.status().is_success(), "its response is {}", response.status());
    Ok(String::from_utf8(response.into_body().into())?)
}
