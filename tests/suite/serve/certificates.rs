//! Certificates in files, and clients that trust them.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lovely_session_host::serve::TlsFiles;
use lovely_session_host::serve::rustls::pki_types::{CertificateDer, ServerName};
use lovely_session_host::serve::rustls::{ClientConfig, RootCertStore};
use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The name in all certificates.
const NAME: &str = "shop.test";

/// A certificate and its key, in files.
pub struct Certificate {
    directory: TempDir,
    der: CertificateDer<'static>,
}

impl Certificate {
    /// One that is valid now.
    pub fn new() -> Self {
        Self::valid(-1, 1)
    }

    /// One that is valid between these days from now.
    pub fn valid(from: i64, to: i64) -> Self {
        let directory = TempDir::new().unwrap();
        let this = Self { der: issue(&directory, from, to), directory };
        assert!(this.files().key.exists());
        this
    }

    /// Writes another one to the same files.
    pub fn renew(&mut self) {
        self.der = issue(&self.directory, -1, 1);
    }

    pub fn files(&self) -> TlsFiles {
        let file = |name| self.directory.path().join(name);
        TlsFiles { certificate: file("certificate.pem"), key: file("key.pem") }
    }

    /// The arguments of `serve` for it.
    pub fn arguments(&self) -> [String; 4] {
        let files = self.files();
        let text = |path: &std::path::Path| path.to_str().unwrap().to_owned();
        ["--tls-cert".into(), text(&files.certificate), "--tls-key".into(), text(&files.key)]
    }

    /// A connection of a client that trusts only this certificate, and offers these protocols by ALPN.
    pub async fn connect(
        &self,
        server: SocketAddr,
        protocols: &[&str],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone()).unwrap();
        let provider = Arc::new(lovely_session_host::serve::rustls::crypto::ring::default_provider());
        let builder =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let stream = TcpStream::connect(server).await?;
        TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(NAME).unwrap(), stream).await
    }
}

fn issue(directory: &TempDir, from: i64, to: i64) -> CertificateDer<'static> {
    let mut params = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
    params.not_before = day(from).into();
    params.not_after = day(to).into();
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    fs::write(directory.path().join("certificate.pem"), certificate.pem()).unwrap();
    fs::write(directory.path().join("key.pem"), key.serialize_pem()).unwrap();
    certificate.der().clone()
}

fn day(number: i64) -> SystemTime {
    let days = Duration::from_secs(number.unsigned_abs() * 24 * 60 * 60);
    if number < 0 { SystemTime::now() - days } else { SystemTime::now() + days }
}
