//! TLS, with real handshakes.

use std::fs;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use lovely_session_host::serve::{Limits, ReloadError, TlsError, TlsFiles, Validity};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::certificates::Certificate;
use super::http2::Client;
use super::running::{RunningServer, limits, misbehaving};

async fn start(certificate: &Certificate, limits: Limits) -> RunningServer {
    let config = certificate.files().load().unwrap().config;
    RunningServer::serve_changed(misbehaving(limits), |server| server.with_tls(config)).await
}

fn chosen(stream: &TlsStream<TcpStream>) -> Option<String> {
    stream.get_ref().1.alpn_protocol().map(|name| String::from_utf8(name.to_vec()).unwrap())
}

async fn get_http1(stream: TlsStream<TcpStream>, path: &str) -> (u16, String) {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    let _connection = tokio::spawn(connection);
    let request = Request::get(path).header("host", "shop.test").body(Full::<Bytes>::default()).unwrap();
    let response = sender.send_request(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_client_chooses_its_protocol_by_alpn() {
    let certificate = Certificate::new();
    let server = start(&certificate, limits()).await;
    let stream = certificate.connect(server.address(), &["h2", "http/1.1"]).await.unwrap();
    assert_eq!(chosen(&stream).as_deref(), Some("h2"));
    let (mut client, _connection) = Client::on(stream).await;
    assert_eq!(client.get("https://shop.test/scheme").await, (200, "Some(Scheme::Https)\n".into()));
    assert_eq!(client.get("http://shop.test/scheme").await.0, 421);
    for protocols in [&["http/1.1"][..], &[]] {
        let stream = certificate.connect(server.address(), protocols).await.unwrap();
        assert_eq!(chosen(&stream).as_deref(), protocols.first().copied());
        assert_eq!(get_http1(stream, "/scheme").await, (200, "Some(Scheme::Https)\n".into()));
    }
    let stream = certificate.connect(server.address(), &[]).await.unwrap();
    assert_eq!(get_http1(stream, "http://shop.test/hello").await.0, 421);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_tls_is_disconnected_at_once() {
    let server = start(&Certificate::new(), limits()).await;
    let begun = Instant::now();
    let mut connection = server.connect();
    connection.send_request("/hello");
    connection.discard_to_the_end();
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_has_a_time_limit() {
    let header_time = Duration::from_millis(300);
    let server = start(&Certificate::new(), Limits { header_time, ..limits() }).await;
    let begun = Instant::now();
    let mut connection = server.connect();
    // The beginning of a handshake.
    connection.send([0x16, 3, 1, 2, 0, 1]);
    connection.discard_to_the_end();
    assert!(begun.elapsed() >= header_time, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_certificate_is_replaced_while_the_server_runs() {
    let mut certificate = Certificate::new();
    let mut reloader = None;
    let config = certificate.files().load().unwrap().config;
    let server = RunningServer::serve_changed(misbehaving(limits()), |server| {
        let server = server.with_tls(config);
        reloader = Some(server.reloader());
        server
    })
    .await;
    let old = certificate.connect(server.address(), &["h2"]).await.unwrap();
    let (mut client, _connection) = Client::on(old).await;
    certificate.renew();
    assert!(certificate.connect(server.address(), &[]).await.is_err(), "the client trusts only the new one");
    reloader.unwrap().replace_certificate(certificate.files().load().unwrap().config).unwrap();
    let new = certificate.connect(server.address(), &[]).await.unwrap();
    assert_eq!(get_http1(new, "/hello").await.0, 200);
    assert_eq!(client.get("https://shop.test/hello").await.0, 200);
}

#[tokio::test]
async fn a_server_without_tls_takes_no_certificate() {
    let mut reloader = None;
    let _server = RunningServer::serve_changed(misbehaving(limits()), |server| {
        reloader = Some(server.reloader());
        server
    })
    .await;
    let config = Certificate::new().files().load().unwrap().config;
    assert_eq!(reloader.unwrap().replace_certificate(config), Err(ReloadError::NoTls));
}

#[test]
fn files_that_are_no_certificate_with_its_key_are_refused_with_what_to_do() {
    let (certificate, other) = (Certificate::new(), Certificate::new());
    let good = certificate.files();
    let damaged = good.certificate.with_file_name("damaged.pem");
    fs::write(&damaged, "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n").unwrap();
    let encrypted = good.certificate.with_file_name("encrypted.pem");
    fs::write(
        &encrypted,
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    )
    .unwrap();
    let not_one = good.certificate.with_file_name("not-one.pem");
    fs::write(&not_one, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let with_certificate = |certificate| TlsFiles { certificate, ..good.clone() };
    let with_key = |key| TlsFiles { key, ..good.clone() };
    let error = |files: TlsFiles| files.load().unwrap_err();
    assert!(matches!(error(with_certificate("/missing.pem".into())), TlsError::Read { .. }));
    assert!(matches!(error(with_key("/missing.pem".into())), TlsError::Read { .. }));
    assert!(matches!(error(with_certificate(good.key.clone())), TlsError::NoCertificate { .. }));
    assert!(matches!(error(with_key(good.certificate.clone())), TlsError::NoKey { .. }));
    assert!(matches!(error(with_key(encrypted)), TlsError::EncryptedKey { .. }));
    assert!(matches!(error(with_certificate(damaged)), TlsError::Malformed { .. }));
    assert!(matches!(error(with_certificate(not_one)), TlsError::Unsupported { .. }));
    let mismatch = error(with_key(other.files().key));
    assert!(matches!(mismatch, TlsError::OtherKey { .. }));
    assert!(mismatch.to_string().contains("does not belong to the certificate"), "{mismatch}");
}

#[test]
fn a_certificate_outside_of_its_time_is_loaded_with_a_problem() {
    let problems = |from, to| Certificate::valid(from, to).files().load().unwrap().problems;
    assert_eq!(problems(-1, 1), []);
    let expired = problems(-10, -3);
    assert!(matches!(expired[0].validity, Validity::Expired { .. }), "{expired:?}");
    assert_eq!(expired[0].to_string(), "the certificate 1 of the file expired 3 days ago; renew it");
    let early = problems(2, 10);
    assert!(matches!(early[0].validity, Validity::NotYetValid { .. }), "{early:?}");
}
