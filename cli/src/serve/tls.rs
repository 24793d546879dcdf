//! The certificate of `serve`.

use std::path::PathBuf;

use clap::Args;
use lovely_session_host::serve::{LoadedTls, TlsError, TlsFiles};

/// The files of the certificate.
#[derive(Debug, Args)]
#[command(next_help_heading = "TLS")]
pub struct TlsArgs {
    /// Speak only TLS, with the certificate in this file: PEM, the server's own first, then those up to the root
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The private key of the certificate: PEM, without a password
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
}

impl TlsArgs {
    /// The files; none without TLS.
    pub fn files(&self) -> Option<TlsFiles> {
        let (certificate, key) = self.tls_cert.clone().zip(self.tls_key.clone())?;
        Some(TlsFiles { certificate, key })
    }
}

impl TlsArgs {
    /// The scheme of the server's URL.
    pub fn scheme(&self) -> &'static str {
        if self.tls_cert.is_some() { "https" } else { "http" }
    }
}

/// Loads the certificate, and warns if it is not valid now.
pub fn load_tls(files: &TlsFiles) -> Result<LoadedTls, TlsError> {
    let loaded = files.load()?;
    for problem in &loaded.problems {
        tracing::warn!("clients will refuse `{}`: {problem}", files.certificate.display());
    }
    Ok(loaded)
}
