//! HTTP clients that put a load on a server.

use std::net::SocketAddr;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::clients::Client;

/// How many things are in a visitor's cart: a session of about 1 KB.
const THINGS: usize = 40;

/// What a server is started with besides its store: clients that wait for their turn keep their connections, and
/// nothing is left in the cache of the user.
pub const SERVER: [&str; 3] = ["--no-cache", "--header-timeout", "3600"];

/// A visitor of the cart on a connection of its own, who adds one more of the same thing with each request.
pub struct Shopper {
    connection: SendRequest<Full<Bytes>>,
    host: String,
    cookie: String,
}

impl Shopper {
    /// Connects, and fills a cart. A server that keeps no cart answers as well, and remembers nothing.
    pub async fn arrive(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server accepts connections");
        stream.set_nodelay(true).unwrap();
        let (connection, driver) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(driver);
        let mut shopper = Self { connection, host: address.to_string(), cookie: String::new() };
        for thing in 0..THINGS {
            shopper.add(&format!("thing number {thing}")).await;
        }
        shopper
    }

    async fn add(&mut self, thing: &str) {
        let body = format!(r#"{{"sku":"{thing}","qty":1}}"#);
        let request = Request::builder()
            .method(Method::POST)
            .uri("/cart/items")
            .header(HOST, &self.host)
            .header(CONTENT_TYPE, "application/json")
            .header(COOKIE, &self.cookie)
            .body(Full::from(body));
        self.connection.ready().await.expect("the server keeps the connection");
        let answer = self.connection.send_request(request.unwrap()).await.expect("the server answers");
        assert_eq!(answer.status(), 200);
        if let Some(cookie) = answer.headers().get(SET_COOKIE) {
            let (pair, _) = cookie.to_str().unwrap().split_once(';').unwrap();
            self.cookie = pair.to_owned();
        }
        answer.into_body().collect().await.expect("the server sends a whole answer");
    }
}

impl Client for Shopper {
    async fn transact(&mut self) {
        self.add("thing number 0").await;
    }
}
