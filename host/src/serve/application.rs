//! An application that is compiled and ready to serve.

use std::sync::Arc;

use lovely_session_artifact::COMPONENT as SESSION_COMPONENT;
use tokio::sync::Semaphore;
use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime_wasi_http::p2::bindings::ProxyIndices;

use super::cache::{CacheProblem, CodeCache, Key};
use super::engine::pooled_engine;
use super::http_linker::add_http_to_linker;
use super::limits::Limits;
use super::state::RequestState;
use crate::bindings::ObservedIndices;
use crate::compose::{ComposeError, compose_observed, in_words};

/// The export that an application must have, without the last part of its version.
const HANDLER: &str = "wasi:http/incoming-handler@0.2.";

/// The packages of WASI 0.2 that applications may import from.
const WASI_PACKAGES: [&str; 7] =
    ["wasi:cli", "wasi:clocks", "wasi:filesystem", "wasi:http", "wasi:io", "wasi:random", "wasi:sockets"];

/// An application joined with the session component, compiled, and linked.
///
/// It is cheap to clone: clones share the compiled code and the limits. Several
/// servers can serve one application, each with its own store. They share the limit
/// [`Limits::concurrent_requests`].
#[derive(Clone)]
pub struct Application {
    shared: Arc<Shared>,
}

struct Shared {
    prepared: InstancePre<RequestState>,
    exports: Arc<Exports>,
    limits: Limits,
    slots: Arc<Semaphore>,
}

/// Where the exports of an instance are.
pub(super) struct Exports {
    /// What handles requests.
    pub(super) handler: ProxyIndices,
    /// What reports on transactions; `None` if the application uses no sessions.
    pub(super) observed: Option<ObservedIndices>,
}

impl Application {
    /// Joins, compiles and links an application; `bytes` is the content of its file.
    ///
    /// Compiling WebAssembly can take seconds. It blocks the calling thread, and uses
    /// further threads.
    ///
    /// # Errors
    ///
    /// Fails when the application is not a component, does not export
    /// `wasi:http/incoming-handler`, imports what this host does not provide, or
    /// exceeds the limits. See [`LoadError`].
    pub fn load(bytes: &[u8], limits: Limits) -> Result<Self, LoadError> {
        let engine = pooled_engine(&limits).map_err(LoadError::Reserve)?;
        let component = compile(&engine, bytes)?;
        Self::link(&engine, &component, limits)
    }

    /// Does the same as [`Application::load`]. If `cache` has the compiled code, this takes a few milliseconds;
    /// if not, it compiles the application and keeps the code in the cache.
    ///
    /// A problem with the cache is not an error: the application is compiled, and the problem is in
    /// [`Loaded::problems`].
    ///
    /// # Errors
    ///
    /// The same as those of [`Application::load`].
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
        let prepared = linked.map_err(LoadError::Link)?;
        let handler = ProxyIndices::new(&prepared).map_err(LoadError::Link)?;
        let exports = Arc::new(Exports { handler, observed: ObservedIndices::new(&prepared).ok() });
        let slots = Arc::new(Semaphore::new(slot_count(&limits)));
        Ok(Self { shared: Arc::new(Shared { prepared, exports, limits, slots }) })
    }

    /// The limits from [`Application::load`].
    pub fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// Makes instances of the application.
    pub(super) fn prepared(&self) -> &InstancePre<RequestState> {
        &self.shared.prepared
    }

    /// Where the exports of its instances are.
    pub(super) fn exports(&self) -> &Arc<Exports> {
        &self.shared.exports
    }

    /// The slots for requests that run, as permits.
    pub(super) fn slots(&self) -> &Arc<Semaphore> {
        &self.shared.slots
    }
}

/// The result of [`Application::load_cached`].
pub struct Loaded {
    /// The application.
    pub application: Application,
    /// Whether it was compiled now. If not, its code was in the cache.
    pub compiled: bool,
    /// Why the cache could not be read or written. Log them: the next start will compile again.
    pub problems: Vec<CacheProblem>,
}

/// Why an application cannot be served. The messages continue a sentence about the application ("it …").
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It is not a component, or it cannot be joined with the session component.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// The machine does not have enough address space, or a limit is out of range.
    #[error(
        "the memory for its instances cannot be reserved; allow fewer concurrent requests, \
         or less memory for each"
    )]
    Reserve(#[source] wasmtime::Error),
    /// It cannot be compiled, or its initial memory or tables exceed the limits.
    #[error("it cannot be compiled, or it needs more memory or tables from its start than the limits allow")]
    Compile(#[source] wasmtime::Error),
    /// It imports interfaces that this host does not provide.
    #[error(
        "it imports {}, which this host does not provide; it provides WASI 0.2 and `lovely:session`",
        in_words(imports)
    )]
    UnknownImports {
        /// All imports that this host does not provide.
        imports: Vec<String>,
    },
    /// It does not handle HTTP requests.
    #[error(
        "it does not export `wasi:http/incoming-handler@0.2` (it exports {}), \
         so it cannot handle HTTP requests; build it for the world `wasi:http/proxy`",
        in_words(exports)
    )]
    NoHandler {
        /// Its exports.
        exports: Vec<String>,
    },
    /// An interface has other types or functions than this host provides.
    #[error(
        "an interface that it imports has other types or functions than in this host; \
         build it against the WIT of this version"
    )]
    Link(#[source] wasmtime::Error),
}

fn slot_count(limits: &Limits) -> usize {
    usize::try_from(limits.concurrent_requests.max(1)).unwrap_or(Semaphore::MAX_PERMITS)
}

/// Joins an application with the session component, and compiles both.
fn compile(engine: &Engine, application: &[u8]) -> Result<Component, LoadError> {
    let component = compose_observed(application, SESSION_COMPONENT)?;
    Component::new(engine, component).map_err(LoadError::Compile)
}

fn linker(engine: &Engine) -> wasmtime::Result<Linker<RequestState>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    add_http_to_linker(&mut linker)?;
    crate::linker::add_to_linker(&mut linker)?;
    Ok(linker)
}

/// Finds all missing imports; linking would report only the first one.
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
