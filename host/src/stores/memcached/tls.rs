//! TLS to memcached: the authorities that are trusted, and what can be wrong with a server.

use std::fmt;
use std::io;
use std::sync::Arc;

use lovely_session_memcached::ServerAddress;
use rustls::crypto::ring;
use rustls::{AlertDescription, CertificateError, ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio_rustls::TlsConnector;

/// The certificates of the authorities that a server's certificate has to be signed by.
#[derive(Clone, PartialEq, Eq)]
pub struct CaCertificates(Vec<CertificateDer<'static>>);

/// Why there are no certificates of authorities to trust.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateStoreError {
    /// The text is not PEM, or a certificate in it is invalid.
    #[error("the CA file is invalid: {0}; give certificates in PEM format (`-----BEGIN CERTIFICATE-----`)")]
    Invalid(String),
    /// The text has no certificate.
    #[error(
        "the CA file has no certificate; give certificates in PEM format (`-----BEGIN CERTIFICATE-----`)"
    )]
    Empty,
    /// No certificates are given, and the system has none.
    #[error(
        "the system has no CA certificates to check memcached servers by; install them, or give a CA file"
    )]
    NoneInSystem,
}

impl CaCertificates {
    /// The certificates in a text in PEM format.
    ///
    /// # Errors
    ///
    /// When there is none, or when one is invalid.
    pub fn from_pem(pem: &[u8]) -> Result<Self, CertificateStoreError> {
        let invalid = |error: &dyn fmt::Display| CertificateStoreError::Invalid(error.to_string());
        let certificates: Vec<_> =
            CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|error| invalid(&error))?;
        let mut roots = RootCertStore::empty();
        for certificate in &certificates {
            roots.add(certificate.clone()).map_err(|error| invalid(&error))?;
        }
        if roots.is_empty() { Err(CertificateStoreError::Empty) } else { Ok(Self(certificates)) }
    }
}

impl fmt::Debug for CaCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaCertificates({})", self.0.len())
    }
}

/// Why no TLS connection can be made to a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The server does not speak TLS.
    #[error("it does not speak TLS; start it with `-Z`, or use `memcached://` where the network is trusted")]
    NotTls,
    /// The server speaks TLS, on a connection without it.
    #[error("it speaks TLS; use `memcached+tls://`")]
    Required,
    /// No trusted authority has signed the server's certificate.
    #[error(
        "its certificate is not signed by a known authority; give the authority's certificate as the CA file"
    )]
    UnknownAuthority,
    /// The server's certificate is over.
    #[error("its certificate has expired; renew it")]
    Expired,
    /// The server's certificate begins in the future.
    #[error("its certificate is not valid yet; check the clocks of both machines")]
    NotYetValid,
    /// The server's certificate is for other names.
    #[error("its certificate is not for the name `{name}`; use a name that the certificate has, or renew it")]
    OtherName {
        /// The name or the IP address under which the server was called.
        name: String,
    },
    /// The server requires a certificate of the client.
    #[error("it requires a certificate of the client, which is not supported; use a password (`-Y`) instead")]
    ClientCertificate,
    /// Another error of TLS.
    #[error("{0}")]
    Other(String),
}

impl TlsError {
    /// The error of TLS in an error of a connection to the server, if there is one.
    pub(super) fn in_error(error: &io::Error, server: &ServerAddress) -> Option<Self> {
        let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
        Some(match error {
            rustls::Error::InvalidMessage(_) => Self::NotTls,
            rustls::Error::InvalidCertificate(error) => Self::of_certificate(error, server),
            rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => Self::ClientCertificate,
            other => Self::Other(other.to_string()),
        })
    }

    fn of_certificate(error: &CertificateError, server: &ServerAddress) -> Self {
        match error {
            CertificateError::UnknownIssuer => Self::UnknownAuthority,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::OtherName { name: server.host().to_owned() }
            }
            other => Self::Other(format!("its certificate is invalid: {other}")),
        }
    }
}

/// Makes TLS connections that trust these authorities; those of the system when there are none.
pub(super) fn connector(ca: Option<&CaCertificates>) -> Result<TlsConnector, CertificateStoreError> {
    let mut roots = RootCertStore::empty();
    match ca {
        Some(CaCertificates(certificates)) => roots.add_parsable_certificates(certificates.iter().cloned()),
        // A certificate that cannot be read does not hinder the others.
        None => roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs),
    };
    if roots.is_empty() {
        return Err(CertificateStoreError::NoneInSystem);
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| CertificateStoreError::Invalid(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// The name that the certificate of a server has to be for.
pub(super) fn name_of(server: &ServerAddress) -> Result<ServerName<'static>, TlsError> {
    ServerName::try_from(server.host().to_owned())
        .map_err(|_| TlsError::OtherName { name: server.host().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ca_file_without_a_certificate_is_refused() {
        assert_eq!(CaCertificates::from_pem(b""), Err(CertificateStoreError::Empty));
        assert_eq!(CaCertificates::from_pem(b"hello"), Err(CertificateStoreError::Empty));
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(CaCertificates::from_pem(broken), Err(CertificateStoreError::Invalid(_))));
        let unfinished = b"-----BEGIN CERTIFICATE-----\nAAAA\n";
        assert!(matches!(CaCertificates::from_pem(unfinished), Err(CertificateStoreError::Invalid(_))));
    }
}
