//! One connection of a client.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::request::Handler;
use super::workers::Phase;

/// The largest head of a request, in bytes.
const LARGEST_HEAD: usize = 64 << 10;

/// Serves one connection until it closes or, when the server stops, until the
/// running request has its response.
pub(super) async fn serve(
    stream: std::net::TcpStream,
    handler: Arc<Handler>,
    mut phase: watch::Receiver<Phase>,
) {
    let stream = match prepare(stream) {
        Ok(stream) => stream,
        Err(error) => return tracing::warn!("cannot serve a connection: {error}"),
    };
    let _counted = handler.load().count_connection();
    let header_time = handler.application().limits().header_time;
    let service = service_fn(move |request| {
        let handler = handler.clone();
        async move { Ok::<_, Infallible>(handler.handle(request).await) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(header_time).max_header_size(LARGEST_HEAD);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let stopped = async { phase.wait_for(|phase| *phase != Phase::Serving).await.is_ok() };
    let result = tokio::select! {
        result = connection.as_mut() => result,
        _ = stopped => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!("a connection failed: {error}");
    }
}

/// Makes a connection known to the runtime of this thread.
fn prepare(stream: std::net::TcpStream) -> io::Result<TcpStream> {
    // Responses are written at once, so Nagle's algorithm would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("cannot set TCP_NODELAY on a connection: {error}");
    }
    TcpStream::from_std(stream)
}
