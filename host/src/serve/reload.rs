//! What a running server uses for new requests and connections, and how that is replaced.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;

use super::application::Application;
use super::limits::Limits;

/// What new requests and connections use. Those that run keep what they began with.
pub(super) struct Current {
    application: RwLock<Application>,
    tls: RwLock<Option<Arc<ServerConfig>>>,
}

impl Current {
    pub(super) fn new(application: Application) -> Self {
        Self { application: RwLock::new(application), tls: RwLock::new(None) }
    }

    /// The application for new requests.
    pub(super) fn application(&self) -> Application {
        self.application.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The certificate for new connections; none if the server does not use TLS.
    pub(super) fn tls(&self) -> Option<Arc<ServerConfig>> {
        self.tls.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_tls(&self, config: Arc<ServerConfig>) {
        *self.tls.write().unwrap_or_else(PoisonError::into_inner) = Some(config);
    }

    fn set_application(&self, application: Application) {
        *self.application.write().unwrap_or_else(PoisonError::into_inner) = application;
    }
}

/// Replaces the application and the certificate of a running server: see [`Server::reloader`](super::Server::reloader).
///
/// It is cheap to clone, and can be used from any thread, also before the server runs and after it has stopped.
///
/// ```no_run
/// # async fn example(server: lovely_session_host::serve::Server) -> Result<(), Box<dyn std::error::Error>> {
/// use lovely_session_host::serve::Application;
///
/// let reloader = server.reloader();
/// let serving = tokio::spawn(server.run(std::future::pending()));
/// // Compiles beside the running application.
/// let application = Application::load(&std::fs::read("shop-2.wasm")?, reloader.limits().clone())?;
/// reloader.replace_application(application)?;
/// # serving.await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Reloader {
    current: Arc<Current>,
    limits: Arc<Limits>,
}

/// Why something of a running server cannot be replaced. The server goes on with what it has.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReloadError {
    /// The new application has other limits than the server, which keeps its limits while it runs.
    #[error("the new application was loaded with other limits; load it with those of `Reloader::limits`")]
    OtherLimits,
    /// The server does not use TLS, and cannot begin to while it runs.
    #[error("the server does not use TLS; start it with `Server::with_tls`")]
    NoTls,
}

impl Reloader {
    pub(super) fn new(current: Arc<Current>, limits: Arc<Limits>) -> Self {
        Self { current, limits }
    }

    /// The limits of the server, with which a new application has to be loaded.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Serves new requests with another application from now on. Requests that run, or wait for a slot, stay with the
    /// old one, whose code and memory are freed when the last of them ends.
    ///
    /// Each application has the slots of [`Limits::concurrent_requests`] for itself. So up to twice as many requests can
    /// run until those of the old application have ended.
    ///
    /// # Errors
    ///
    /// Fails when the application has other limits than [`Reloader::limits`].
    pub fn replace_application(&self, application: Application) -> Result<(), ReloadError> {
        if application.limits() != self.limits() {
            return Err(ReloadError::OtherLimits);
        }
        self.current.set_application(application);
        Ok(())
    }

    /// Uses another certificate for new connections from now on, usually from [`TlsFiles::load`](super::TlsFiles::load).
    /// Open connections stay open.
    ///
    /// # Errors
    ///
    /// Fails when the server does not use TLS.
    pub fn replace_certificate(&self, config: Arc<ServerConfig>) -> Result<(), ReloadError> {
        if self.current.tls().is_none() {
            return Err(ReloadError::NoTls);
        }
        self.current.set_tls(config);
        Ok(())
    }
}

impl fmt::Debug for Reloader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reloader").field("limits", &self.limits).finish_non_exhaustive()
    }
}
