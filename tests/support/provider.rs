//! The provider of cryptography of the HTTP client of the tests.

/// Installs the provider for this process. A client cannot be made before.
pub fn install() {
    // Fails if it is installed already.
    let _installed = rustls::crypto::ring::default_provider().install_default();
}
