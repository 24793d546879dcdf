//! A backend that notes who calls it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// A request that the backend got.
#[derive(Debug, Clone)]
pub struct Call {
    pub authorization: String,
    pub traceparent: String,
}

/// A backend on a free port. It ends with the runtime of the test.
pub struct Backend {
    address: SocketAddr,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Backend {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let calls = Arc::<Mutex<Vec<Call>>>::default();
        let kept = Arc::clone(&calls);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let kept = Arc::clone(&kept);
                let service = service_fn(move |request| respond(request, Arc::clone(&kept)));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { address, calls }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }
}

async fn respond(
    request: Request<Incoming>,
    calls: Arc<Mutex<Vec<Call>>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let header =
        |name: &str| request.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    calls
        .lock()
        .unwrap()
        .push(Call { authorization: header("authorization"), traceparent: header("traceparent") });
    Ok(Response::new(Full::from("1.50")))
}
