//! The error codes of `wasi:http` for failures of the client.

use std::error::Error as StdError;
use std::io;
use std::iter::successors;

use hyper_util::client::legacy;
use wasmtime_wasi_http::Error;

/// The code for a request that got no response.
pub(super) fn from_client(error: legacy::Error) -> Error {
    let reason = |error: &(dyn StdError + 'static)| -> Option<Error> {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            Some(from_io(error))
        } else {
            error.downcast_ref::<hyper::Error>().map(from_hyper)
        }
    };
    let mut reasons = successors(error.source(), |&error| error.source());
    reasons.find_map(reason).unwrap_or(if error.is_connect() {
        Error::DestinationUnavailable
    } else {
        Error::HttpProtocolError
    })
}

/// The code for an error of a connection.
pub(super) fn from_hyper(error: &hyper::Error) -> Error {
    let io = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    if error.is_parse_too_large() {
        Error::HttpResponseHeaderSectionSize(None)
    } else if error.is_parse() {
        Error::HttpProtocolError
    } else if error.is_timeout() {
        Error::HttpResponseTimeout
    } else if error.is_incomplete_message() {
        Error::HttpResponseIncomplete
    } else if let Some(io) = io {
        after_connecting(io)
    } else {
        Error::HttpProtocolError
    }
}

fn after_connecting(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::TimedOut => Error::ConnectionWriteTimeout,
        // This is how hyper tells that a body ended too early, or has no valid chunks.
        io::ErrorKind::UnexpectedEof => Error::HttpResponseIncomplete,
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Error::HttpProtocolError,
        _ => Error::ConnectionTerminated,
    }
}

/// The code for an error while connecting.
fn from_io(error: &io::Error) -> Error {
    if let Some(inner) = error.get_ref() {
        if let Some(tls) = inner.downcast_ref::<rustls::Error>() {
            return from_tls(tls);
        }
        if let Some(inner) = inner.downcast_ref::<io::Error>() {
            return from_io(inner);
        }
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Error::ConnectionRefused,
        io::ErrorKind::TimedOut => Error::ConnectionTimeout,
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => Error::DestinationIpUnroutable,
        io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => {
            Error::ConnectionTerminated
        }
        // Errors of sockets have a number; those of the resolver have none.
        _ if error.raw_os_error().is_none() => Error::DnsError { rcode: None, info_code: None },
        _ => Error::DestinationUnavailable,
    }
}

fn from_tls(error: &rustls::Error) -> Error {
    match error {
        rustls::Error::InvalidCertificate(_)
        | rustls::Error::InvalidCertRevocationList(_)
        | rustls::Error::NoCertificatesPresented => Error::TlsCertificateError,
        rustls::Error::AlertReceived(alert) => {
            Error::TlsAlertReceived { alert_id: Some(u8::from(*alert)), alert_message: None }
        }
        _ => Error::TlsProtocolError,
    }
}
