//! The certificates that servers are checked with.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use rustls_native_certs::load_native_certs;

/// The certificates of servers cannot be checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// There are no root certificates.
    #[error(
        "there are no root certificates to check those of `https` origins with; install the package \
         `ca-certificates`, or name a PEM file in the variable SSL_CERT_FILE"
    )]
    NoRoots {
        /// Why a file could not be read, if there was one.
        source: Option<rustls_native_certs::Error>,
    },
    /// The library has none of the protocols of TLS.
    #[error("this build has no version of TLS")]
    Tls(#[source] rustls::Error),
}

/// A configuration with the system's root certificates. Without `needed`, none are read.
pub(super) fn system_roots(needed: bool) -> Result<ClientConfig, TrustError> {
    let mut roots = RootCertStore::empty();
    if needed {
        let found = load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            return Err(TrustError::NoRoots { source: found.errors.into_iter().next() });
        }
        for error in found.errors {
            tracing::warn!("some root certificates cannot be read: {error}");
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(TrustError::Tls)?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
