//! Sends one request.

use std::pin::pin;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::{Request, Response, StatusCode};
use hyper_util::client::legacy::connect::capture_connection;
use tokio::time::timeout;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use super::OutgoingHttpOptions;
use super::client::Client;
use super::failure::from_client;
use super::response::ResponseBody;

/// The time limits of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    connect: Duration,
    first_byte: Duration,
    between_bytes: Duration,
}

impl Times {
    /// The times that the guest wants, if they are shorter than those of the host.
    pub(super) fn new(host: &OutgoingHttpOptions, guest: RequestOptions) -> Self {
        let shorter = |host: Duration, guest: Option<Duration>| guest.map_or(host, |guest| guest.min(host));
        Self {
            connect: shorter(host.connect_time, guest.connect_timeout),
            first_byte: shorter(host.first_byte_time, guest.first_byte_timeout),
            between_bytes: shorter(host.between_bytes_time, guest.between_bytes_timeout),
        }
    }
}

/// Sends a request, and returns the response when its head is there.
pub(super) async fn send(
    client: Client,
    request: Request<WasiBody>,
    times: Times,
    max_response: u64,
) -> Result<Response<WasiBody>, Error> {
    let response = exchange(client, request, times).await?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Err(Error::HttpUpgradeFailed);
    }
    let announced = response.body().size_hint().lower();
    if announced > max_response {
        return Err(Error::HttpResponseBodySize(Some(announced)));
    }
    let limited = |body| ResponseBody::new(body, max_response, times.between_bytes).boxed_unsync();
    Ok(response.map(limited))
}

async fn exchange(
    client: Client,
    mut request: Request<WasiBody>,
    times: Times,
) -> Result<Response<Incoming>, Error> {
    let mut connection = capture_connection(&mut request);
    let connected = async { drop(connection.wait_for_connection_metadata().await) };
    let mut response = pin!(client.request(request));
    tokio::select! {
        // First, because it also completes when there is no connection.
        biased;
        response = &mut response => return response.map_err(from_client),
        result = timeout(times.connect, connected) => result.map_err(|_| Error::ConnectionTimeout)?,
    }
    let response = timeout(times.first_byte, response).await;
    response.map_err(|_| Error::ConnectionReadTimeout)?.map_err(from_client)
}
