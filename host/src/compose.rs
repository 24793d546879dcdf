//! Joins an application with the session component into one component.

use std::error::Error as StdError;

use wac_graph::types::{Package, WorldId, are_semver_compatible};
use wac_graph::{CompositionGraph, EncodeOptions, NodeId, PackageId};

/// The prefix of the names of session interfaces.
const SESSION_INTERFACES: &str = "lovely:session/";

/// The prefix of the name of the interface that reports on transactions.
const OBSERVATION_INTERFACE: &str = "lovely:session/observation@";

/// The prefix of the name of the key-value interface.
const STORE_INTERFACE: &str = "lovely:session/key-value@";

/// Joins an application with a session component into one component.
///
/// The result exports what the application exports. It imports what the session
/// component imports, and what the application imports apart from the session
/// interfaces. One instance of the session component serves all session interfaces
/// of the application, so that handles can be passed between them. An application
/// that imports none of them is returned unchanged.
///
/// `application` is the content of the application's file, and need not be valid.
/// `session_component` is [`crate::SESSION_COMPONENT`], the result of
/// [`with_store`], or another component that exports the same interfaces.
///
/// # Errors
///
/// Fails when the application is not a component, or when it imports session
/// interfaces that `session_component` does not export. See [`ComposeError`].
pub fn compose(application: &[u8], session_component: &[u8]) -> Result<Vec<u8>, ComposeError> {
    compose_exporting(application, session_component, |_| false)
}

/// Does the same as [`compose`]. If the application imports session interfaces, and does not export
/// `lovely:session/observation` itself, the result also exports that of the session component, so that a host can ask an
/// instance what became of its transactions.
///
/// # Errors
///
/// The same as those of [`compose`].
pub fn compose_observed(application: &[u8], session_component: &[u8]) -> Result<Vec<u8>, ComposeError> {
    compose_exporting(application, session_component, |name| name.starts_with(OBSERVATION_INTERFACE))
}

/// Joins the components, and exports in addition what the session component exports under these names.
fn compose_exporting(
    application: &[u8],
    session_component: &[u8],
    is_exported: impl Fn(&str) -> bool,
) -> Result<Vec<u8>, ComposeError> {
    check_format(application)?;
    let mut graph = CompositionGraph::new();
    let socket =
        register(&mut graph, "application", application).map_err(ComposeError::InvalidApplication)?;
    if session_imports(&graph, socket).is_empty() {
        return Ok(application.to_vec());
    }
    let plug =
        register(&mut graph, "sessions", session_component).map_err(ComposeError::InvalidSessionComponent)?;
    let pairs = pair_interfaces(&graph, socket, plug)?;
    if pairs.is_empty() {
        return Ok(application.to_vec());
    }
    let joined = join(&mut graph, socket, plug, &pairs)?;
    let own = exports(&graph, graph[socket].ty());
    export(&mut graph, joined.application, &own)?;
    let mut others = exports(&graph, graph[plug].ty());
    others.retain(|name| is_exported(name) && !own.contains(name));
    export(&mut graph, joined.sessions, &others)?;
    graph.encode(EncodeOptions::default()).map_err(ComposeError::join)
}

/// Joins the session component with a store component, for hosts that do not provide a store.
///
/// The result exports what the session component exports. It imports what the store
/// component imports, and what the session component imports apart from the
/// key-value interface. Use it as the session component in [`compose`].
///
/// `session_component` is [`crate::SESSION_COMPONENT`]; `store` is
/// [`crate::KV_MEMCACHED`], or another component that exports
/// `lovely:session/key-value`.
///
/// # Errors
///
/// Fails when `store` is not a component, or does not export the key-value interface.
/// See [`ComposeError`].
pub fn with_store(session_component: &[u8], store: &[u8]) -> Result<Vec<u8>, ComposeError> {
    check_format(store)?;
    let mut graph = CompositionGraph::new();
    let package = register(&mut graph, "store", store).map_err(ComposeError::InvalidApplication)?;
    let offered = exports(&graph, graph[package].ty());
    if !offered.iter().any(|name| name.starts_with(STORE_INTERFACE)) {
        return Err(ComposeError::NotAStore { offered });
    }
    compose(session_component, store)
}

/// Why components could not be joined. The messages continue a sentence about the component ("it …").
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ComposeError {
    /// The file is empty.
    #[error("it is empty; check that the build has succeeded")]
    Empty,
    /// The file is text, such as WebAssembly in its text format.
    #[error(
        "it is text, not a binary WebAssembly component; if it is WebAssembly text, \
         convert it with `wasm-tools parse`"
    )]
    Text,
    /// It is a core WebAssembly module.
    #[error(
        "it is a core WebAssembly module, not a component; build it for a component target, such as \
         `wasm32-wasip2` in Rust, or make a component of it with `wasm-tools component new`"
    )]
    CoreModule,
    /// It is not WebAssembly.
    #[error("it is not a WebAssembly component; give the `.wasm` file that your build makes")]
    NotWasm,
    /// It begins like a component, but is damaged or uses unknown features.
    #[error("it is not a valid WebAssembly component; build it again, with tools for WASI 0.2")]
    InvalidApplication(#[source] anyhow::Error),
    /// The session component is damaged or uses unknown features.
    #[error("the session component is not a valid WebAssembly component")]
    InvalidSessionComponent(#[source] anyhow::Error),
    /// The application imports a session interface that the session component does not export.
    #[error(
        "it imports `{import}`, but the session component exports {}; \
         build it against the WIT of this version",
        in_words(offered)
    )]
    UnknownInterface {
        /// The import.
        import: String,
        /// The interfaces that the session component exports.
        offered: Vec<String>,
    },
    /// An interface has other types or functions in the application than in the session component.
    #[error(
        "it imports `{import}` with other types or functions than this version has; \
         build it against the WIT of this version"
    )]
    Mismatch {
        /// The import.
        import: String,
        /// The difference.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The store component does not export the key-value interface.
    #[error("it exports {}, but not `lovely:session/key-value`; use a store component", in_words(offered))]
    NotAStore {
        /// The interfaces that it exports.
        offered: Vec<String>,
    },
    /// The components cannot be joined for another reason.
    #[error("it cannot be joined with the session component")]
    Join(#[source] Box<dyn StdError + Send + Sync>),
}

impl ComposeError {
    fn join(error: impl StdError + Send + Sync + 'static) -> Self {
        Self::Join(Box::new(error))
    }
}

/// Formats names as a list for a message.
pub(crate) fn in_words(names: &[String]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Recognizes by the first bytes what is not a component, before it is parsed.
fn check_format(bytes: &[u8]) -> Result<(), ComposeError> {
    match bytes {
        [] => Err(ComposeError::Empty),
        // The version field holds the layer: 0 for core modules, 1 for components.
        [b'\0', b'a', b's', b'm', _, _, 0, 0, ..] => Err(ComposeError::CoreModule),
        [b'\0', b'a', b's', b'm', ..] => Ok(()),
        _ if !bytes.contains(&0) && std::str::from_utf8(bytes).is_ok() => Err(ComposeError::Text),
        _ => Err(ComposeError::NotWasm),
    }
}

fn register(graph: &mut CompositionGraph, name: &str, bytes: &[u8]) -> anyhow::Result<PackageId> {
    let package = Package::from_bytes(name, None, bytes, graph.types_mut())?;
    Ok(graph.register_package(package)?)
}

fn imports(graph: &CompositionGraph, world: WorldId) -> Vec<String> {
    graph.types()[world].imports.keys().cloned().collect()
}

fn exports(graph: &CompositionGraph, world: WorldId) -> Vec<String> {
    graph.types()[world].exports.keys().cloned().collect()
}

fn session_imports(graph: &CompositionGraph, package: PackageId) -> Vec<String> {
    let mut names = imports(graph, graph[package].ty());
    names.retain(|name| name.starts_with(SESSION_INTERFACES));
    names
}

/// An import of the application, and the export for it. The names can differ in
/// the last part of their versions.
struct Pair {
    import: String,
    export: String,
}

fn pair_interfaces(
    graph: &CompositionGraph,
    socket: PackageId,
    plug: PackageId,
) -> Result<Vec<Pair>, ComposeError> {
    let offered = exports(graph, graph[plug].ty());
    let left_to_the_host = imports(graph, graph[plug].ty());
    let mut pairs = Vec::new();
    for import in session_imports(graph, socket) {
        if let Some(export) = find_compatible(&offered, &import) {
            pairs.push(Pair { export: export.clone(), import });
        } else if find_compatible(&left_to_the_host, &import).is_none() {
            return Err(ComposeError::UnknownInterface { import, offered });
        }
    }
    Ok(pairs)
}

fn find_compatible<'a>(names: &'a [String], wanted: &str) -> Option<&'a String> {
    let exact = names.iter().find(|name| *name == wanted);
    exact.or_else(|| names.iter().find(|name| are_semver_compatible(name, wanted)))
}

/// The instances of both components.
struct Joined {
    application: NodeId,
    sessions: NodeId,
}

/// Instantiates both components.
fn join(
    graph: &mut CompositionGraph,
    socket: PackageId,
    plug: PackageId,
    pairs: &[Pair],
) -> Result<Joined, ComposeError> {
    let sessions = graph.instantiate(plug);
    let application = graph.instantiate(socket);
    for Pair { import, export } in pairs {
        let interface = graph.alias_instance_export(sessions, export).map_err(ComposeError::join)?;
        graph
            .set_instantiation_argument(application, import, interface)
            .map_err(|error| ComposeError::Mismatch { import: import.clone(), source: Box::new(error) })?;
    }
    Ok(Joined { application, sessions })
}

/// Exports what an instance exports under these names.
fn export(graph: &mut CompositionGraph, instance: NodeId, names: &[String]) -> Result<(), ComposeError> {
    for name in names {
        let item = graph.alias_instance_export(instance, name).map_err(ComposeError::join)?;
        graph.export(item, name).map_err(ComposeError::join)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An empty component, and an empty core module.
    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
    const CORE_MODULE: &[u8] = b"\0asm\x01\0\0\0";

    fn refusal_of(application: &[u8]) -> ComposeError {
        compose(application, COMPONENT).expect_err("this application cannot be composed")
    }

    #[test]
    fn an_empty_file_is_reported_as_empty() {
        assert!(matches!(refusal_of(b""), ComposeError::Empty));
    }

    #[test]
    fn a_text_is_reported_as_text() {
        assert!(matches!(refusal_of(b"(component)"), ComposeError::Text));
    }

    #[test]
    fn the_error_for_a_core_module_says_how_to_make_it_a_component() {
        let refusal = refusal_of(CORE_MODULE);
        assert!(matches!(refusal, ComposeError::CoreModule));
        assert!(refusal.to_string().contains("wasm-tools component new"), "{refusal}");
    }

    #[test]
    fn bytes_that_are_neither_text_nor_webassembly_are_refused() {
        assert!(matches!(refusal_of(b"\x7fELF\xff\xfe"), ComposeError::NotWasm));
    }

    #[test]
    fn a_truncated_component_is_refused_with_the_reason() {
        let refusal = refusal_of(b"\0asm\x0d\0\x01\0\x07\xff");
        assert!(matches!(refusal, ComposeError::InvalidApplication(_)));
        assert!(std::error::Error::source(&refusal).is_some());
    }

    #[test]
    fn a_component_that_exports_no_store_is_refused_as_a_store() {
        let refusal = |store| with_store(COMPONENT, store).expect_err("this is no store");
        assert!(matches!(refusal(b""), ComposeError::Empty));
        assert!(matches!(refusal(CORE_MODULE), ComposeError::CoreModule));
        assert!(matches!(refusal(COMPONENT), ComposeError::NotAStore { offered } if offered.is_empty()));
        let sessions = refusal(crate::SESSION_COMPONENT).to_string();
        assert!(sessions.contains("`lovely:session/sessions@0.1.0`"), "{sessions}");
    }

    #[test]
    fn a_component_without_session_imports_is_returned_unchanged() {
        let composed = compose(COMPONENT, COMPONENT).expect("the empty component needs nothing");
        assert_eq!(composed, COMPONENT);
    }
}
