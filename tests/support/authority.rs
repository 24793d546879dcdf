//! An authority of the test, which issues certificates for servers.

use std::fs;
use std::path::PathBuf;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use tempfile::TempDir;

/// An authority. Its files are removed when this is dropped.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    directory: TempDir,
}

/// The files of a certificate, in PEM format.
pub struct CertificateFiles {
    /// The certificate.
    pub chain: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl Authority {
    /// A new authority.
    ///
    /// # Panics
    ///
    /// When its files cannot be written.
    #[must_use]
    pub fn new() -> Self {
        Self::named("the authority of a test")
    }

    /// A new authority of this name.
    ///
    /// # Panics
    ///
    /// When its files cannot be written.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let directory = TempDir::new().unwrap();
        fs::write(directory.path().join("ca.pem"), issuer.as_ref().pem()).unwrap();
        Self { issuer, directory }
    }

    /// Its certificate, in PEM format.
    #[must_use]
    pub fn pem(&self) -> String {
        self.issuer.as_ref().pem()
    }

    /// The file with its certificate, in PEM format.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// A certificate for these host names and IP addresses.
    ///
    /// # Panics
    ///
    /// When its files cannot be written.
    #[must_use]
    pub fn certificate(&self, names: &[&str]) -> CertificateFiles {
        self.issue(names, |_| {})
    }

    /// The same as [`Self::certificate`], for a certificate that expired long ago.
    ///
    /// # Panics
    ///
    /// When its files cannot be written.
    #[must_use]
    pub fn expired_certificate(&self, names: &[&str]) -> CertificateFiles {
        self.issue(names, |params| params.not_after = date_time_ymd(2001, 1, 1))
    }

    fn issue(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> CertificateFiles {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let (mut params, key) = (CertificateParams::new(names).unwrap(), KeyPair::generate().unwrap());
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let directory = tempfile::tempdir_in(&self.directory).unwrap().keep();
        let files = CertificateFiles { chain: directory.join("chain.pem"), key: directory.join("key.pem") };
        fs::write(&files.chain, certificate.pem()).unwrap();
        fs::write(&files.key, key.serialize_pem()).unwrap();
        files
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}
