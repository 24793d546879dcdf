//! HTTP clients for tests.

use reqwest::{Client, ClientBuilder};

/// A client with defaults.
///
/// # Panics
///
/// When it cannot be made.
#[must_use]
pub fn client() -> Client {
    client_builder().build().unwrap()
}

/// A builder of a client. A client needs a provider of cryptography, also if it uses no TLS.
pub fn client_builder() -> ClientBuilder {
    // Fails if it is installed already.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
}
