//! An application that is compiled and ready to serve.

use std::sync::Arc;

use tokio::sync::Semaphore;
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};
use wasmtime_wasi_http::p2::bindings::ProxyPre;

use super::cache::{CacheProblem, CodeCache, Key};
use super::engine::pooled_engine;
use super::held::add_http_to_linker;
use super::limits::Limits;
use super::state::RequestState;
use crate::SESSION_COMPONENT;
use crate::compose::{ComposeError, compose, in_words};

/// What an application must export to be served.
const HANDLER: &str = "wasi:http/incoming-handler@0.2.";

/// The packages of WASI 0.2 that applications may import from.
const WASI_PACKAGES: [&str; 7] =
    ["wasi:cli", "wasi:clocks", "wasi:filesystem", "wasi:http", "wasi:io", "wasi:random", "wasi:sockets"];

/// An application joined with the session component, compiled, and linked.
///
/// It is cheap to clone; clones share the compiled code and the limits. Several
/// servers can serve one application, each from a store of its own; they share
/// its `concurrent_requests` then.
#[derive(Clone)]
pub struct Application {
    shared: Arc<Shared>,
}

struct Shared {
    prepared: ProxyPre<RequestState>,
    limits: Limits,
    slots: Arc<Semaphore>,
}

impl Application {
    /// Joins, compiles and links the application whose file holds `bytes`.
    ///
    /// This compiles WebAssembly, which can take seconds, on the thread that
    /// calls it and on helpers of its own.
    ///
    /// # Errors
    ///
    /// Fails when the application cannot be served: it is not a component, it
    /// does not handle HTTP requests, it imports what this host does not
    /// provide, or it does not fit the limits. See [`LoadError`].
    pub fn load(bytes: &[u8], limits: Limits) -> Result<Self, LoadError> {
        let engine = pooled_engine(&limits).map_err(LoadError::Reserve)?;
        let component = compile(&engine, bytes)?;
        Self::link(&engine, &component, limits)
    }

    /// Does the same as [`Application::load`] in a few milliseconds if `cache` has the compiled code; if
    /// not, compiles it and keeps it there for the next time.
    ///
    /// What is wrong with the cache is told and stops nothing: the application is compiled then.
    ///
    /// # Errors
    ///
    /// As [`Application::load`].
    pub fn load_cached(bytes: &[u8], limits: Limits, cache: &CodeCache) -> Result<Loaded, LoadError> {
        let engine = pooled_engine(&limits).map_err(LoadError::Reserve)?;
        let key = Key::new(&engine, &[bytes, SESSION_COMPONENT]);
        let mut problems = Vec::new();
        let found = cache.find(&engine, &key).unwrap_or_else(|problem| {
            problems.push(problem);
            None
        });
        let compiled = found.is_none();
        let component = found.map_or_else(|| compile(&engine, bytes), Ok)?;
        let application = Self::link(&engine, &component, limits)?;
        if compiled {
            problems.extend(cache.keep(&component, &key).err());
        }
        Ok(Loaded { application, compiled, problems })
    }

    fn link(engine: &Engine, component: &Component, limits: Limits) -> Result<Self, LoadError> {
        check_imports(engine, component)?;
        check_handler(engine, component)?;
        let linked = linker(engine).and_then(|linker| linker.instantiate_pre(component));
        let prepared = linked.and_then(ProxyPre::new).map_err(LoadError::Link)?;
        let slots = Arc::new(Semaphore::new(slot_count(&limits)));
        Ok(Self { shared: Arc::new(Shared { prepared, limits, slots }) })
    }

    /// The limits that it was loaded with.
    pub fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// What makes instances of it.
    pub(super) fn prepared(&self) -> &ProxyPre<RequestState> {
        &self.shared.prepared
    }

    /// A permit for each request that may run.
    pub(super) fn slots(&self) -> &Arc<Semaphore> {
        &self.shared.slots
    }
}

/// An application, and how [`Application::load_cached`] came by it.
pub struct Loaded {
    /// The application.
    pub application: Application,
    /// Whether it was compiled now, rather than found in the cache.
    pub compiled: bool,
    /// Why the cache could not be used, or not for the next time.
    pub problems: Vec<CacheProblem>,
}

/// Why an application cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It is no component, or it does not fit the session component.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// The machine has not enough address space, or a limit is out of range.
    #[error(
        "the memory for its instances cannot be reserved; allow fewer concurrent requests, \
         or less memory for each"
    )]
    Reserve(#[source] wasmtime::Error),
    /// It cannot be compiled, or needs more than the limits allow from its start.
    #[error("it cannot be compiled, or needs more from its start than the limits allow")]
    Compile(#[source] wasmtime::Error),
    /// It imports what this host does not provide.
    #[error(
        "it imports {}, which this host does not provide; it provides WASI 0.2 and `lovely:session`",
        in_words(imports)
    )]
    UnknownImports {
        /// Every import that nothing serves.
        imports: Vec<String>,
    },
    /// It does not handle HTTP requests.
    #[error(
        "it does not export `wasi:http/incoming-handler@0.2` (it exports {}), \
         so it cannot answer HTTP requests; build it for the world `wasi:http/proxy`",
        in_words(exports)
    )]
    NoHandler {
        /// What it exports instead.
        exports: Vec<String>,
    },
    /// An interface has another shape than this host knows.
    #[error("an interface that it uses has another shape than in this host")]
    Link(#[source] wasmtime::Error),
}

fn slot_count(limits: &Limits) -> usize {
    usize::try_from(limits.concurrent_requests.max(1)).unwrap_or(Semaphore::MAX_PERMITS)
}

/// Joins an application with the session component, and compiles both.
fn compile(engine: &Engine, application: &[u8]) -> Result<Component, LoadError> {
    let component = compose(application, SESSION_COMPONENT)?;
    Component::new(engine, component).map_err(LoadError::Compile)
}

fn linker(engine: &Engine) -> wasmtime::Result<Linker<RequestState>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    add_http_to_linker(&mut linker)?;
    crate::add_to_linker(&mut linker)?;
    Ok(linker)
}

/// Linking would name only the first import that is missing.
fn check_imports(engine: &Engine, component: &Component) -> Result<(), LoadError> {
    let names = component.component_type();
    let names = names.imports(engine).map(|(name, _)| name);
    let imports: Vec<String> = names.filter(|name| !is_provided(name)).map(str::to_owned).collect();
    if imports.is_empty() { Ok(()) } else { Err(LoadError::UnknownImports { imports }) }
}

fn is_provided(import: &str) -> bool {
    let Some((package, rest)) = import.split_once('/') else { return false };
    let Some((_interface, version)) = rest.split_once('@') else { return false };
    match package {
        "lovely:session" => version.starts_with("0.1."),
        _ => WASI_PACKAGES.contains(&package) && version.starts_with("0.2."),
    }
}

fn check_handler(engine: &Engine, component: &Component) -> Result<(), LoadError> {
    let ty = component.component_type();
    let exports: Vec<String> = ty.exports(engine).map(|(name, _)| name.to_owned()).collect();
    if exports.iter().any(|name| name.starts_with(HANDLER)) {
        Ok(())
    } else {
        Err(LoadError::NoHandler { exports })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_of_wasi_0_2_and_of_the_sessions_are_provided() {
        assert!(is_provided("wasi:http/types@0.2.8"));
        assert!(is_provided("wasi:clocks/wall-clock@0.2.0"));
        assert!(is_provided("lovely:session/key-value@0.1.0"));
    }

    #[test]
    fn other_packages_and_other_versions_are_not() {
        for import in ["wasi:http/types@0.3.0", "wasi:nn/tensor@0.2.0", "acme:mail/send@0.2.0", "log"] {
            assert!(!is_provided(import), "{import}");
        }
    }
}
