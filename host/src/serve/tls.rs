//! The certificate of a server, from PEM files.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, InconsistentKeys, RootCertStore, ServerConfig};

/// The protocols that a client can choose, the preferred one first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The name of the sections of keys that are protected by a password.
const ENCRYPTED: &[u8] = b"-----BEGIN ENCRYPTED PRIVATE KEY-----";

/// The PEM files with the certificate of a server and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate of the server, and behind it those that lead to the root, which need not be there.
    pub certificate: PathBuf,
    /// The private key: PKCS#8, PKCS#1 (RSA) or SEC1 (elliptic curves), without a password.
    pub key: PathBuf,
}

/// The result of [`TlsFiles::load`].
#[derive(Debug)]
pub struct LoadedTls {
    /// For [`Server::with_tls`](super::Server::with_tls) and
    /// [`Reloader::replace_certificate`](super::Reloader::replace_certificate): TLS 1.2 and 1.3, and HTTP/2 and
    /// HTTP/1.1 by ALPN.
    pub config: Arc<ServerConfig>,
    /// The certificates outside of their time. Log them: clients will refuse to connect.
    pub problems: Vec<ValidityProblem>,
}

/// A certificate that is not valid now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidityProblem {
    /// The position of the certificate in its file, from 1 on. The first one is that of the server.
    pub position: usize,
    /// How it relates to now.
    pub validity: Validity,
}

/// When a certificate was or will be valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Validity {
    /// It was valid until then.
    Expired {
        /// How long ago that was.
        ago: Duration,
    },
    /// It will be valid.
    NotYetValid {
        /// How long it takes until then.
        after: Duration,
    },
}

impl fmt::Display for ValidityProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { position, validity } = self;
        match validity {
            Validity::Expired { ago } => {
                write!(f, "the certificate {position} of the file expired {} ago; renew it", Days(*ago))
            }
            Validity::NotYetValid { after } => write!(
                f,
                "the certificate {position} of the file will only be valid in {}; check the clock of this machine",
                Days(*after)
            ),
        }
    }
}

/// A time in days, or in minutes if it is less than a day.
struct Days(Duration);

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.0.as_secs() / 60;
        let (number, unit) =
            if minutes < 24 * 60 { (minutes, "minute") } else { (minutes / (24 * 60), "day") };
        write!(f, "{number} {unit}{}", if number == 1 { "" } else { "s" })
    }
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read `{}`; check the path, and that this user may read it", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The file of the certificate has none.
    #[error(
        "`{}` contains no certificate; it must have the server's certificate in PEM, \
         which begins with `-----BEGIN CERTIFICATE-----`",
        .path.display()
    )]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The file of the key has none.
    #[error(
        "`{}` contains no private key; it must have one in PEM, \
         which begins with `-----BEGIN PRIVATE KEY-----` or similar",
        .path.display()
    )]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The key is protected by a password.
    #[error(
        "the key in `{}` is protected by a password, which this server cannot ask for; \
         write it without one, with `openssl pkcs8 -in KEY -out NEW_KEY`, and protect the file instead",
        .path.display()
    )]
    EncryptedKey {
        /// The file.
        path: PathBuf,
    },
    /// A file is not valid PEM.
    #[error("`{}` is damaged: it is not valid PEM; write it again", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// The key belongs to another certificate.
    #[error(
        "the key in `{}` does not belong to the certificate in `{}`; \
         give the key for which the certificate was issued, and put the server's certificate first in its file",
        .key.display(), .certificate.display()
    )]
    OtherKey {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
    /// The certificate or the key has a form or an algorithm that the server does not support.
    #[error(
        "the certificate in `{}` cannot be used with the key in `{}`; \
         use an X.509 certificate of version 3 with an RSA, ECDSA (P-256, P-384) or Ed25519 key",
        .certificate.display(), .key.display()
    )]
    Unsupported {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// What rustls says.
        source: rustls::Error,
    },
}

impl TlsFiles {
    /// Reads the files.
    ///
    /// A certificate that is not valid now is no error, because the clock may be wrong, and because a server that does
    /// not start serves nobody: see [`LoadedTls::problems`].
    ///
    /// # Errors
    ///
    /// Fails when a file cannot be read or does not contain what it should, or when the key and the certificate do not
    /// belong together. See [`TlsError`].
    pub fn load(&self) -> Result<LoadedTls, TlsError> {
        let chain = certificates(&self.certificate)?;
        let key = private_key(&self.key)?;
        let provider = Arc::new(ring::default_provider());
        let problems = problems(&chain, &provider);
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|source| self.refused(source))?;
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        Ok(LoadedTls { config: Arc::new(config), problems })
    }

    fn refused(&self, source: rustls::Error) -> TlsError {
        let Self { certificate, key } = self.clone();
        match source {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                TlsError::OtherKey { certificate, key }
            }
            source => TlsError::Unsupported { certificate, key, source },
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain = CertificateDer::pem_slice_iter(&read(path)?).collect::<Result<Vec<_>, _>>();
    let path = path.to_owned();
    match chain {
        Ok(chain) if chain.is_empty() => Err(TlsError::NoCertificate { path }),
        Ok(chain) => Ok(chain),
        Err(source) => Err(TlsError::Malformed { path, source }),
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let bytes = read(path)?;
    let path = path.to_owned();
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|source| match source {
        pem::Error::NoItemsFound if bytes.windows(ENCRYPTED.len()).any(|part| part == ENCRYPTED) => {
            TlsError::EncryptedKey { path }
        }
        pem::Error::NoItemsFound => TlsError::NoKey { path },
        source => TlsError::Malformed { path, source },
    })
}

fn problems(chain: &[CertificateDer<'_>], provider: &CryptoProvider) -> Vec<ValidityProblem> {
    let numbered = (1..).zip(chain);
    let problem = |(position, certificate)| {
        validity_problem(certificate, provider).map(|validity| ValidityProblem { position, validity })
    };
    numbered.filter_map(problem).collect()
}

/// Finds out whether a certificate is valid now. rustls checks that first in a chain, so the chain itself, which is of no
/// interest here, may be any.
fn validity_problem(certificate: &CertificateDer<'_>, provider: &CryptoProvider) -> Option<Validity> {
    let parsed = ParsedCertificate::try_from(certificate).ok()?;
    let algorithms = provider.signature_verification_algorithms.all;
    let roots = RootCertStore::empty();
    let now = UnixTime::since_unix_epoch(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?);
    let checked = verify_server_cert_signed_by_trust_anchor(&parsed, &roots, &[], now, algorithms);
    let between =
        |from: UnixTime, to: UnixTime| Duration::from_secs(to.as_secs().saturating_sub(from.as_secs()));
    match checked {
        Err(rustls::Error::InvalidCertificate(CertificateError::ExpiredContext { time, not_after })) => {
            Some(Validity::Expired { ago: between(not_after, time) })
        }
        Err(rustls::Error::InvalidCertificate(CertificateError::NotValidYetContext { time, not_before })) => {
            Some(Validity::NotYetValid { after: between(time, not_before) })
        }
        _ => None,
    }
}
