//! Loads an application for `serve`, from the cache if it can.

use std::error::Error;
use std::iter::successors;
use std::path::Path;

use lovely_session_host::serve::{Application, CodeCache, Limits, LoadError, Loaded};

/// Loads the application whose file holds `bytes`. The log tells what is wrong with the cache, if anything is.
pub fn load(bytes: &[u8], limits: Limits, cache: Option<&Path>) -> Result<Loaded, LoadError> {
    let Some(cache) = cache.and_then(open) else {
        let application = Application::load(bytes, limits)?;
        return Ok(Loaded { application, compiled: true, problems: Vec::new() });
    };
    let loaded = Application::load_cached(bytes, limits, &cache)?;
    for problem in &loaded.problems {
        tracing::warn!("the cache did not help: {}", in_one_line(problem));
    }
    Ok(loaded)
}

fn open(path: &Path) -> Option<CodeCache> {
    let opened = CodeCache::open(path);
    opened.inspect_err(|problem| tracing::warn!("the cache is not used: {}", in_one_line(problem))).ok()
}

/// A problem and its reasons.
fn in_one_line(problem: &dyn Error) -> String {
    let reasons = successors(Some(problem), |&error| error.source());
    reasons.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
