//! A client of a site.

use std::net::SocketAddr;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{COOKIE, HeaderValue, SET_COOKIE};
use hyper::{Request, Response, StatusCode};

use super::connection::Connection;
use super::site::{Counts, Site, thing};

/// Somebody with a session, on a connection of its own.
pub struct Visitor {
    site: Site,
    connection: Connection,
    cookie: Option<HeaderValue>,
}

impl Visitor {
    /// Connects somebody who has no session yet, and keeps the first one that there is.
    pub async fn arrive(site: Site, address: SocketAddr) -> Self {
        Self { site, connection: Connection::open(address).await, cookie: None }
    }

    /// Connects one more client, to a server that has the same sessions, for the session that this one has.
    pub async fn joined_by(&self, address: SocketAddr) -> Self {
        Self { cookie: self.cookie.clone(), ..Self::arrive(self.site, address).await }
    }

    /// Adds one of a thing. Gives the status of the answer; none when the connection broke.
    pub async fn add(&mut self, thing: &str) -> Option<StatusCode> {
        let answer = self.send(self.site.add(thing)).await.ok()?;
        if let Some(cookie) = answer.headers().get(SET_COOKIE).filter(|_| self.cookie.is_none()) {
            let (pair, _) = cookie.to_str().unwrap().split_once(';').unwrap();
            self.cookie = Some(pair.parse().unwrap());
        }
        Some(answer.status())
    }

    /// Adds one of a thing, which has to be answered with 200.
    pub async fn add_surely(&mut self, thing: &str) {
        assert_eq!(self.add(thing).await, Some(StatusCode::OK));
    }

    /// Adds one of each of so many things.
    pub async fn fill(&mut self, things: usize) {
        for number in 0..things {
            self.add_surely(&thing(number)).await;
        }
    }

    /// What the session has.
    pub async fn look(&mut self) -> Counts {
        let answer = self.send(self.site.look()).await.expect("the server answers");
        assert_eq!(answer.status(), StatusCode::OK);
        self.site.counts(answer.body()).expect("the answer tells what is there")
    }

    async fn send(&mut self, mut request: Request<Full<Bytes>>) -> hyper::Result<Response<Bytes>> {
        if let Some(cookie) = &self.cookie {
            request.headers_mut().insert(COOKIE, cookie.clone());
        }
        self.connection.send(request).await
    }
}
