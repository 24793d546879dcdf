//! Compiled code on disk, for the next start of a server.

mod directory;
mod entry;
mod key;
mod native;
mod problem;

use std::path::{Path, PathBuf};

use wasmtime::Engine;
use wasmtime::component::Component;

use self::directory::Directory;
pub(super) use self::key::Key;
pub use self::problem::CacheProblem;

/// A directory with the compiled code of applications, so that the next start of a server need not compile.
///
/// The directory holds native code that the process runs. So the directory and each file in it must belong to the user
/// of this process, and no other user may have the right to write to them. This is checked on the opened files, not on
/// their paths, so that they cannot be exchanged after the check. Each file also has a checksum of its content and of
/// everything that the code depends on: the bytes of the application and of the session component, the versions of this
/// crate and of wasmtime, the processor, and the settings of the engine. A file that does not match is compiled again
/// and replaced.
///
/// This does not protect against other programs of the same user, which can change the files.
///
/// Several processes may use a directory at the same time. It keeps the files that were used last, for up to 32
/// applications; a file has a few MiB.
#[derive(Debug)]
pub struct CodeCache {
    directory: Directory,
}

impl CodeCache {
    /// Opens a directory. If it does not exist, makes it, with rights for this user only.
    ///
    /// # Errors
    ///
    /// When it cannot be made or opened, or when other users may write to it. See [`CacheProblem`]. A server also works
    /// without a cache, see [`Application::load`](super::Application::load).
    pub fn open(path: &Path) -> Result<Self, CacheProblem> {
        Directory::open(path).map(|directory| Self { directory })
    }

    /// The default directory for this user: `$XDG_CACHE_HOME/lovely-session`, or `$HOME/.cache/lovely-session`. None if
    /// neither variable is an absolute path.
    pub fn default_path() -> Option<PathBuf> {
        let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let caches = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
        Some(caches.join("lovely-session"))
    }

    /// The component with this key, if there is one.
    pub(super) fn find(&self, engine: &Engine, key: &Key) -> Result<Option<Component>, CacheProblem> {
        let Some(content) = self.directory.read(key)? else { return Ok(None) };
        let path = || self.directory.path_of(key);
        let code = entry::decode(key, &content).ok_or_else(|| CacheProblem::Damaged { path: path() })?;
        native::load(engine, code)
            .map(Some)
            .map_err(|source| CacheProblem::Incompatible { path: path(), source })
    }

    /// Keeps a component under a key, and replaces the one that was there.
    pub(super) fn keep(&self, component: &Component, key: &Key) -> Result<(), CacheProblem> {
        let code = component.serialize().map_err(CacheProblem::Serialize)?;
        self.directory.write(key, &entry::encode(key, &code))
    }
}
