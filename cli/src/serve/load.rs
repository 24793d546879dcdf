//! Loads an application, from the cache if it is there.

use std::error::Error;
use std::iter::successors;
use std::path::Path;

use lovely_session_host::serve::{Application, CodeCache, Limits, LoadError, Loaded};

/// Loads the application whose file contains `bytes`. Problems with the cache are logged, and never fail the call.
pub fn load(bytes: &[u8], limits: Limits, cache: Option<&Path>) -> Result<Loaded, LoadError> {
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
