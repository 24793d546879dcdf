//! Loads the application, from the cache if it is there.

use std::error::Error;
use std::iter::successors;
use std::path::{Path, PathBuf};

use lovely_session_admin::CodeSource;
use lovely_session_host::serve::{Application, CodeCache, Limits, LoadError, Loaded};
use tokio::task::spawn_blocking;

use super::args::ServeArgs;
use super::grants::Grants;
use crate::failure::Failure;

/// Loads the application, at the start and at each reload, with what it is granted.
pub struct Loader {
    path: PathBuf,
    limits: Limits,
    cache: Option<PathBuf>,
    grants: Grants,
    source: CodeSource,
}

impl Loader {
    /// A loader for these arguments.
    ///
    /// # Errors
    ///
    /// When outgoing HTTP requests are granted, and the system has no certificates by which servers can be verified.
    pub fn new(args: &ServeArgs) -> Result<Self, Failure> {
        Ok(Self {
            path: args.application.clone(),
            limits: Limits::from(&args.limits),
            cache: args.cache.directory(),
            grants: Grants::new(&args.grants)?,
            source: CodeSource::default(),
        })
    }

    /// The application's file, as it was given.
    pub fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Where the code came from, so far.
    pub fn source(&self) -> &CodeSource {
        &self.source
    }

    /// Reads the application's file.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn read(&self) -> Result<Vec<u8>, Failure> {
        std::fs::read(&self.path).map_err(|source| Failure::Read { path: self.path.clone(), source })
    }

    /// Loads the application whose file contains `bytes`.
    ///
    /// # Errors
    ///
    /// When it cannot be served.
    pub async fn load(&self, bytes: Vec<u8>) -> Result<Application, Failure> {
        let (limits, cache) = (self.limits.clone(), self.cache.clone());
        // Compiling takes seconds, during which signals have to work.
        let loading = spawn_blocking(move || load(&bytes, limits, cache.as_deref()));
        let loaded = loading.await.map_err(|error| Failure::System(error.into()))?;
        let loaded = loaded.map_err(|source| Failure::Load { path: self.path.clone(), source })?;
        self.source.count(loaded.compiled);
        Ok(self.grants.apply(loaded.application))
    }

    /// Logs where the code came from at the first load.
    pub fn log_source(&self) {
        if self.source.compiled() > 0 {
            tracing::info!("compiled the application");
        } else {
            tracing::info!("loaded the compiled application from the cache");
        }
    }
}

/// Loads the application whose file contains `bytes`. Problems with the cache are logged, and never fail the call.
fn load(bytes: &[u8], limits: Limits, cache: Option<&Path>) -> Result<Loaded, LoadError> {
    let Some(cache) = cache.and_then(open) else {
        let application = Application::load(bytes, limits)?;
        return Ok(Loaded { application, compiled: true, problems: Vec::new() });
    };
    let loaded = Application::load_cached(bytes, limits, &cache)?;
    for problem in &loaded.problems {
        tracing::warn!("the cache could not be used for this application: {}", in_one_line(problem));
    }
    Ok(loaded)
}

fn open(path: &Path) -> Option<CodeCache> {
    let opened = CodeCache::open(path);
    opened.inspect_err(|problem| tracing::warn!("the cache is not used: {}", in_one_line(problem))).ok()
}

/// An error and its sources.
fn in_one_line(problem: &dyn Error) -> String {
    let reasons = successors(Some(problem), |&error| error.source());
    reasons.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
