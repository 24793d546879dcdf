//! Servers with TLS and with authentication.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use lovely_session_conformance::{Subject, check};
use lovely_session_host::{
    CaCertificates, ConnectError, Expectation, HandshakeError, KeyValue as _, Memcached, MemcachedOptions,
    Outcome, Password, TlsError,
};
use lovely_session_tests::authority::{Authority, CertificateFiles};
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::world::long_timeouts;
use tempfile::NamedTempFile;
use tokio::task::JoinSet;

use super::{get, put, short_deadlines, write};

const PASSWORD: &str = "hunter2-in-no-output";

/// The names under which the tests call servers.
const NAMES: &[&str] = &["127.0.0.1"];

/// The file with the passwords of a server's users.
fn passwords() -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    writeln!(file, "shop:{PASSWORD}").unwrap();
    file
}

/// A server with TLS and authentication, which live as long as it does.
struct Secured {
    authority: Authority,
    _passwords: NamedTempFile,
    server: MemcachedServer,
}

impl Secured {
    fn start() -> Self {
        let (authority, passwords) = (Authority::new(), passwords());
        let file = passwords.path().to_str().unwrap();
        let server = MemcachedServer::start_with_tls(&authority.certificate(NAMES), &["-Y", file]);
        Self { authority, _passwords: passwords, server }
    }

    fn options(&self, options: MemcachedOptions) -> MemcachedOptions {
        with_password(trusting(&self.authority, options), PASSWORD)
    }

    async fn connect(&self, options: MemcachedOptions) -> Memcached {
        connect(&self.server.tls_address(), &self.options(options)).await.unwrap()
    }
}

fn trusting(authority: &Authority, options: MemcachedOptions) -> MemcachedOptions {
    let ca = CaCertificates::from_pem(authority.pem().as_bytes()).unwrap();
    MemcachedOptions { tls: true, ca: Some(ca), ..options }
}

fn with_password(options: MemcachedOptions, password: &str) -> MemcachedOptions {
    let password = Password::new(password).unwrap();
    MemcachedOptions { user: Some("shop".to_owned()), password: Some(password), ..options }
}

async fn connect(address: &str, options: &MemcachedOptions) -> Result<Memcached, ConnectError> {
    Memcached::connect(&[address.parse().unwrap()], options).await
}

/// The error of TLS with a server that has this certificate.
async fn tls_error(certificate: &CertificateFiles, trusted: &Authority) -> TlsError {
    let server = MemcachedServer::start_with_tls(certificate, &[]);
    let error = connect(&server.tls_address(), &trusting(trusted, long_timeouts())).await.unwrap_err();
    assert!(error.to_string().contains(&server.tls_address()), "{error}");
    match error {
        ConnectError::Tls { cause, .. } => cause,
        other => panic!("{other:?}"),
    }
}

async fn unsuitable(address: &str, options: &MemcachedOptions) -> HandshakeError {
    match connect(address, options).await.unwrap_err() {
        ConnectError::Unsuitable { cause, .. } => cause,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_with_tls_and_authentication_keeps_the_contract() {
    let secured = Secured::start();
    let store = secured.connect(long_timeouts()).await;
    let report = check(&Subject::new(Arc::new(store))).await;
    assert!(report.is_kept(), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_values_pass_tls_with_many_calls_at_a_time() {
    let secured = Secured::start();
    let store = Arc::new(secured.connect(long_timeouts()).await);
    let value = |number: usize| vec![number as u8; 300_000 + number];
    let clients = (0..64).map(|number| {
        let store = Arc::clone(&store);
        async move {
            let key = format!("k{number}");
            for _ in 0..3 {
                let written = write(&*store, put(&key, value(number), Expectation::Anything)).await;
                assert!(matches!(written, Outcome::Applied(_)), "{written:?}");
                assert_eq!(get(&*store, &key).await.unwrap().value, value(number));
            }
        }
    });
    clients.collect::<JoinSet<_>>().join_all().await;
}

/// memcached may overlook what follows a value in the same record of TLS.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_tls_no_call_of_many_waits_for_its_deadline() {
    let secured = Secured::start();
    let store = Arc::new(secured.connect(long_timeouts()).await);
    let begun = std::time::Instant::now();
    let clients = (0..64_usize).map(|client| {
        let store = Arc::clone(&store);
        async move {
            for round in 0..40 {
                let size = if round % 10 == 0 { 9_000 + 100 * client } else { 1_000 };
                let writes: Vec<_> = (0..1 + 2 * usize::from(round % 10 == 0))
                    .map(|key| put(&format!("{client}-{key}"), vec![1; size], Expectation::Anything))
                    .collect();
                let outcomes = store.write_many(writes).await.unwrap();
                assert!(outcomes.iter().all(|it| matches!(it, Outcome::Applied(_))), "{outcomes:?}");
                assert_eq!(get(&*store, &format!("{client}-0")).await.unwrap().value.len(), size);
            }
        }
    });
    clients.collect::<JoinSet<_>>().join_all().await;
    assert!(begun.elapsed() < long_timeouts().io_timeout, "{:?}", begun.elapsed());
}

/// With TLS, bytes wait in one more buffer. What is said not to be sent must not be done later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_tls_a_write_that_was_not_sent_is_never_done_and_one_that_may_be_sent_is_unknown() {
    let secured = Secured::start();
    let options = MemcachedOptions { connections: 1, waiting_calls: 1000, ..short_deadlines() };
    let store = Arc::new(secured.connect(options).await);
    secured.server.pause();
    let writes =
        (0..40).map(|number| {
            let store = Arc::clone(&store);
            let key = format!("k{number}");
            async move {
                (key.clone(), write(&*store, put(&key, vec![0; 1_000_000], Expectation::Anything)).await)
            }
        });
    let outcomes = writes.collect::<JoinSet<_>>().join_all().await;
    secured.server.resume();
    let count = |wanted: &Outcome| outcomes.iter().filter(|(_, outcome)| outcome == wanted).count();
    let (unknown, unavailable) = (count(&Outcome::Unknown), count(&Outcome::Unavailable));
    assert_eq!(unknown + unavailable, 40, "{outcomes:?}");
    assert!(unknown > 0 && unavailable > 0, "{unknown} may be sent, {unavailable} are not");
    let reader = secured.connect(long_timeouts()).await;
    for (key, outcome) in outcomes {
        if outcome == Outcome::Unavailable {
            assert!(get(&reader, &key).await.is_none(), "{key} was said not to be sent");
        }
    }
}

#[tokio::test]
async fn with_tls_a_server_that_comes_back_is_used_again_with_the_next_call() {
    let mut secured = Secured::start();
    let store = secured.connect(long_timeouts()).await;
    assert!(matches!(write(&store, put("k", "1", Expectation::Absent)).await, Outcome::Applied(_)));
    secured.server.restart();
    assert_eq!(get(&store, "k").await, None);
    assert!(matches!(write(&store, put("k", "2", Expectation::Absent)).await, Outcome::Applied(_)));
}

#[tokio::test]
async fn a_wrong_password_is_told_and_not_repeated() {
    let passwords = passwords();
    let plain = MemcachedServer::start_with(&["-Y", passwords.path().to_str().unwrap()]);
    let secured = Secured::start();
    let wrong = "another-secret";
    for (address, options) in [
        (plain.address(), with_password(long_timeouts(), wrong)),
        (secured.server.tls_address(), with_password(secured.options(long_timeouts()), wrong)),
    ] {
        let error = unsuitable(&address, &options).await;
        assert_eq!(error, HandshakeError::WrongPassword { user: "shop".to_owned() });
        let shown = format!("{error} {error:?} {options:?}");
        assert!(!shown.contains(wrong), "{shown}");
    }
    connect(&plain.address(), &with_password(long_timeouts(), PASSWORD)).await.unwrap();
}

#[tokio::test]
async fn a_server_that_requires_a_password_is_refused_without_one() {
    let secured = Secured::start();
    let without = trusting(&secured.authority, long_timeouts());
    assert_eq!(unsuitable(&secured.server.tls_address(), &without).await, HandshakeError::Denied);
}

#[tokio::test]
async fn a_password_that_the_server_does_not_ask_for_is_not_stored() {
    let server = MemcachedServer::start();
    let store = connect(&server.address(), &with_password(long_timeouts(), PASSWORD)).await.unwrap();
    assert_eq!(server.keys(), Vec::<String>::new());
    assert!(matches!(write(&store, put("k", "1", Expectation::Absent)).await, Outcome::Applied(_)));
}

#[tokio::test]
async fn a_user_without_a_password_and_a_password_without_a_user_are_refused() {
    let both = with_password(long_timeouts(), PASSWORD);
    let no_password = MemcachedOptions { password: None, ..both.clone() };
    let error = connect("127.0.0.1:1", &no_password).await.unwrap_err();
    assert!(matches!(error, ConnectError::NoPassword { .. }), "{error:?}");
    let error = connect("127.0.0.1:1", &MemcachedOptions { user: None, ..both }).await.unwrap_err();
    assert!(matches!(error, ConnectError::NoUser), "{error:?}");
}

#[tokio::test]
async fn a_server_without_tls_is_refused_where_tls_is_asked_for() {
    let server = MemcachedServer::start();
    let error = connect(&server.address(), &trusting(&Authority::new(), long_timeouts())).await.unwrap_err();
    assert!(matches!(error, ConnectError::Tls { cause: TlsError::NotTls, .. }), "{error:?}");
    assert!(error.to_string().contains("memcached://"), "{error}");
}

#[tokio::test]
async fn a_server_with_tls_is_refused_where_none_is_asked_for() {
    let server = MemcachedServer::start_with_tls(&Authority::new().certificate(NAMES), &[]);
    let error = connect(&server.tls_address(), &long_timeouts()).await.unwrap_err();
    assert!(matches!(error, ConnectError::Closed { .. }), "{error:?}");
    assert!(error.to_string().contains("memcached+tls://"), "{error}");
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused() {
    let (trusted, same_name, other) = (Authority::new(), Authority::new(), Authority::named("another"));
    for unknown in [same_name, other] {
        let error = tls_error(&unknown.certificate(NAMES), &trusted).await;
        assert_eq!(error, TlsError::UnknownAuthority);
    }
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let authority = Authority::new();
    assert_eq!(tls_error(&authority.expired_certificate(NAMES), &authority).await, TlsError::Expired);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let authority = Authority::new();
    let error = tls_error(&authority.certificate(&["cache.example", "127.0.0.2"]), &authority).await;
    assert_eq!(error, TlsError::OtherName { name: "127.0.0.1".to_owned() });
}

#[tokio::test]
async fn a_server_that_requires_a_certificate_of_the_client_is_refused() {
    let authority = Authority::new();
    let ca = format!("ssl_verify_mode=2,ssl_ca_cert={}", authority.file().display());
    let server = MemcachedServer::start_with_tls(&authority.certificate(NAMES), &["-o", &ca]);
    let error = connect(&server.tls_address(), &trusting(&authority, long_timeouts())).await.unwrap_err();
    assert!(matches!(error, ConnectError::Tls { cause: TlsError::ClientCertificate, .. }), "{error:?}");
}

/// As many connections as the server accepts.
fn all_connections(address: &str) -> Vec<TcpStream> {
    let mut held = Vec::new();
    loop {
        let mut client = TcpStream::connect(address).unwrap();
        client.write_all(b"mn\r\n").unwrap();
        let mut reply = [0; 2];
        client.read_exact(&mut reply).unwrap();
        if reply != *b"MN" {
            return held;
        }
        held.push(client);
        assert!(held.len() < 100, "the server has no limit");
    }
}

#[tokio::test]
async fn a_server_at_its_limit_of_connections_is_told_as_such_with_and_without_tls() {
    let few = ["-c", "64", "-t", "1"];
    let authority = Authority::new();
    let server = MemcachedServer::start_with_tls(&authority.certificate(NAMES), &few);
    let held = all_connections(&server.address());
    let plain = unsuitable(&server.address(), &long_timeouts()).await;
    assert_eq!(plain, HandshakeError::TooManyConnections);
    assert!(plain.to_string().contains("-c"), "{plain}");
    let tls = unsuitable(&server.tls_address(), &trusting(&authority, long_timeouts())).await;
    assert_eq!(tls, HandshakeError::TooManyConnections);
    drop(held);
}
