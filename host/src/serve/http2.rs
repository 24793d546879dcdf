//! A connection of HTTP/2.

use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use hyper::server::conn::http2::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

use super::connection::Serving;
use super::head::{LARGEST_HEAD, Scheme};
use super::limits::Limits;
use super::streams::Streams;

/// The most streams that a connection may have at the same time: the least that RFC 9113 recommends.
const MOST_STREAMS: u32 = 100;

/// The bytes of bodies that a client may send before they are read, for each stream and for each connection.
const STREAM_WINDOW: u32 = 128 << 10;
const CONNECTION_WINDOW: u32 = 256 << 10;

/// The bytes of a response that a stream holds while the client does not permit them.
const SEND_BUFFER: usize = 64 << 10;

/// How long a client may take to confirm that the connection closes.
const GOODBYE: Duration = Duration::from_secs(1);

/// How often a connection is checked in the shortest of its time limits.
const CHECKS: u32 = 4;

/// Serves one connection until it closes or, when it is told to close, until its streams are complete.
pub(super) async fn serve<S>(stream: S, serving: Serving, scheme: Scheme)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let handler = serving.handler.clone();
    let limits = handler.limits().clone();
    let streams = Streams::new();
    // When the connection is aborted, hyper's tasks would wait for their responses.
    let _aborted_at_the_end = Abort(streams.clone());
    let service = {
        let streams = streams.clone();
        service_fn(move |request| {
            let (handler, unanswered) = (handler.clone(), streams.begin());
            async move {
                let response = handler.handle(request, scheme).await;
                unanswered.complete();
                Ok::<_, Infallible>(response)
            }
        })
    };
    let mut connection = pin!(builder(&streams).serve_connection(TokioIo::new(stream), service));
    let mut told = pin!(serving.told_to_close(|| streams.idle_time().is_some()));
    let mut checks = Checks::new(&limits);
    loop {
        tokio::select! {
            result = connection.as_mut() => {
                return result.unwrap_or_else(|error| tracing::debug!("a connection failed: {error}"));
            }
            () = streams.too_many_resets() => {
                return tracing::debug!("a connection is closed, because the client resets too many requests");
            }
            () = &mut told, if !checks.closes() => {
                connection.as_mut().graceful_shutdown();
                checks.close();
            }
            _ = checks.interval.tick() => match checks.check(&streams, &limits) {
                Finding::Fine => {}
                Finding::Idle => {
                    connection.as_mut().graceful_shutdown();
                    checks.close();
                }
                Finding::Over(reason) => return tracing::debug!("a connection is closed, because {reason}"),
            },
        }
    }
}

fn builder(streams: &Streams) -> Builder<Streams> {
    let mut builder = Builder::new(streams.clone());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(MOST_STREAMS)
        .max_header_list_size(u32::try_from(LARGEST_HEAD).unwrap_or(u32::MAX))
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER);
    builder
}

/// The time limits of a connection.
struct Checks {
    interval: Interval,
    closing_since: Option<Instant>,
}

/// What a check has found.
enum Finding {
    Fine,
    /// The connection has had no request for too long.
    Idle,
    /// The connection is of no more use.
    Over(&'static str),
}

impl Checks {
    fn new(limits: &Limits) -> Self {
        Self { interval: every(limits.header_time.min(limits.send_time)), closing_since: None }
    }

    fn closes(&self) -> bool {
        self.closing_since.is_some()
    }

    fn close(&mut self) {
        self.closing_since = Some(Instant::now());
        self.interval = every(GOODBYE.min(self.interval.period()));
    }

    fn check(&self, streams: &Streams, limits: &Limits) -> Finding {
        if streams.reset_stalled(limits.send_time) {
            return Finding::Over("the client does not take its responses");
        }
        let Some(idle) = streams.idle_time() else { return Finding::Fine };
        match self.closing_since {
            None if idle >= limits.header_time => Finding::Idle,
            // It may have become idle just now.
            Some(since) if since.elapsed().min(idle) >= GOODBYE => {
                Finding::Over("the client did not confirm its end")
            }
            _ => Finding::Fine,
        }
    }
}

fn every(limit: Duration) -> Interval {
    let mut interval = interval((limit / CHECKS).max(Duration::from_millis(1)));
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

/// Ends the tasks of the streams when it is dropped.
struct Abort(Streams);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}
