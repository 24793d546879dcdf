//! Compiled code, kept on disk from one start of a server to the next.

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

/// A directory with the compiled code of applications, so that starting a server again need not compile.
///
/// It holds native code that the process will run, so it is never trusted blindly. The directory must belong
/// to the user of this process, and nobody else may be able to write to it; so must each file in it. This is
/// checked on what was opened, not on the path, so that nothing can be exchanged in between. Beyond that each
/// file holds a checksum of its content and of what the code is for: the bytes of the application and of the
/// session component, the versions of this crate and of wasmtime, the processor, and every setting that
/// matters to code. What does not fit is compiled again, and replaced.
///
/// Whoever can write as this user can make the process run anything, here as in any other program of theirs.
///
/// Several processes may use a directory at the same time. It keeps the code that was used last, of up to
/// 32 applications; a file takes a few MiB.
#[derive(Debug)]
pub struct CodeCache {
    directory: Directory,
}

impl CodeCache {
    /// Opens the directory, which is made if it does not exist, for this user only.
    ///
    /// # Errors
    ///
    /// When it cannot be made or opened, or others could change what is in it; see [`CacheProblem`]. A
    /// server works without a cache as well.
    pub fn open(path: &Path) -> Result<Self, CacheProblem> {
        Directory::open(path).map(|directory| Self { directory })
    }

    /// Where caches are kept for this user: `$XDG_CACHE_HOME/lovely-session`, or
    /// `$HOME/.cache/lovely-session`; none when neither variable is set to an absolute path.
    pub fn default_path() -> Option<PathBuf> {
        let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let caches = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
        Some(caches.join("lovely-session"))
    }

    /// The component that was kept under a key, if there is one.
    pub(super) fn find(&self, engine: &Engine, key: &Key) -> Result<Option<Component>, CacheProblem> {
        let Some(content) = self.directory.read(key)? else { return Ok(None) };
        let path = || self.directory.path_of(key);
        let code = entry::decode(key, &content).ok_or_else(|| CacheProblem::Damaged { path: path() })?;
        native::load(engine, code)
            .map(Some)
            .map_err(|source| CacheProblem::Incompatible { path: path(), source })
    }

    /// Keeps a component under a key, in the place of what was there.
    pub(super) fn keep(&self, component: &Component, key: &Key) -> Result<(), CacheProblem> {
        let code = component.serialize().map_err(CacheProblem::Serialize)?;
        self.directory.write(key, &entry::encode(key, &code))
    }
}
