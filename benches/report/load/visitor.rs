//! A client of a site with a cart.

use std::net::SocketAddr;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{COOKIE, HeaderValue, SET_COOKIE};
use hyper::{Request, Response, StatusCode};

use super::connection::Connection;
use super::site::{self, Counts, thing};

/// A visitor with a session, on its own connection.
pub struct Visitor {
    connection: Connection,
    cookie: Option<HeaderValue>,
}

impl Visitor {
    /// Connects a visitor without a session, which keeps the first session that it gets.
    pub async fn arrive(address: SocketAddr) -> Self {
        Self { connection: Connection::open(address).await, cookie: None }
    }

    /// Connects another client of this session, to a server with the same sessions.
    pub async fn joined_by(&self, address: SocketAddr) -> Self {
        Self { cookie: self.cookie.clone(), ..Self::arrive(address).await }
    }

    /// Gives up the session: the next request begins another one.
    pub fn leave(&mut self) {
        self.cookie = None;
    }

    /// Adds one of an item. Returns the status of the response; none if the connection was closed.
    pub async fn add(&mut self, thing: &str) -> Option<StatusCode> {
        let response = self.send(site::add(thing)).await.ok()?;
        if let Some(cookie) = response.headers().get(SET_COOKIE).filter(|_| self.cookie.is_none()) {
            let (pair, _) = cookie.to_str().unwrap().split_once(';').unwrap();
            self.cookie = Some(pair.parse().unwrap());
        }
        Some(response.status())
    }

    /// Adds one of an item, with 200 as the status of the response.
    pub async fn add_surely(&mut self, thing: &str) {
        assert_eq!(self.add(thing).await, Some(StatusCode::OK));
    }

    /// Adds one of each of `things` items.
    pub async fn fill(&mut self, things: usize) {
        for number in 0..things {
            self.add_surely(&thing(number)).await;
        }
    }

    /// The counts in the session.
    pub async fn look(&mut self) -> Counts {
        let response = self.send(site::look()).await.expect("the server responds");
        assert_eq!(response.status(), StatusCode::OK);
        site::counts(response.body()).expect("the response has the counts")
    }

    async fn send(&mut self, mut request: Request<Full<Bytes>>) -> hyper::Result<Response<Bytes>> {
        if let Some(cookie) = &self.cookie {
            request.headers_mut().insert(COOKIE, cookie.clone());
        }
        self.connection.send(request).await
    }
}
