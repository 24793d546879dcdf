//! A connection of an HTTP client.

use std::net::SocketAddr;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{HOST, HeaderValue};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A connection for one request after another. It reconnects when the server has closed it.
pub struct Connection {
    address: SocketAddr,
    host: HeaderValue,
    sender: SendRequest<Full<Bytes>>,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Self {
        let host = HeaderValue::from_str(&address.to_string()).expect("an address is a header's value");
        Self { address, host, sender: connect(address).await }
    }

    /// Sends a request, and returns the whole response, or an error if the connection is closed before that.
    pub async fn send(&mut self, mut request: Request<Full<Bytes>>) -> hyper::Result<Response<Bytes>> {
        request.headers_mut().insert(HOST, self.host.clone());
        if self.sender.ready().await.is_err() {
            self.sender = connect(self.address).await;
        }
        let (head, body) = self.sender.send_request(request).await?.into_parts();
        Ok(Response::from_parts(head, body.collect().await?.to_bytes()))
    }
}

async fn connect(address: SocketAddr) -> SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(address).await.expect("the server accepts connections");
    stream.set_nodelay(true).expect("a connection can be told not to wait");
    let (sender, driver) = handshake(TokioIo::new(stream)).await.expect("the handshake sends nothing");
    tokio::spawn(driver);
    sender
}
