//! Problems with the cache of compiled code.

use std::io;
use std::path::PathBuf;

/// Why a [`CodeCache`](super::CodeCache), or a file in it, cannot be used. It does not keep an application from being
/// served: code that cannot be used is compiled again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheProblem {
    /// The directory cannot be made or opened.
    #[error("the cache `{}` cannot be opened; choose another directory", .path.display())]
    Open {
        /// The directory.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The directory or the file belongs to another user, who could have put code there.
    #[error(
        "`{}` belongs to another user (id {owner}), so the code in it is not trusted; \
         choose a directory of your own", .path.display()
    )]
    ForeignOwner {
        /// The directory or the file.
        path: PathBuf,
        /// The id of its owner.
        owner: u32,
    },
    /// Other users may write to the directory or the file.
    #[error(
        "other users may write to `{}` (its mode is {mode:03o}), so the code in it is not trusted; \
         remove it, or take that right away with `chmod go-w`", .path.display()
    )]
    WritableByOthers {
        /// The directory or the file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The path is not a regular file.
    #[error("`{}` is not a regular file; remove it", .path.display())]
    NoFile {
        /// Its path.
        path: PathBuf,
    },
    /// The content of a file does not match its checksum.
    #[error("`{}` is damaged, or was changed", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The code in a file is for another engine.
    #[error("the code in `{}` is not for this program", .path.display())]
    Incompatible {
        /// The file.
        path: PathBuf,
        /// The difference.
        source: wasmtime::Error,
    },
    /// A file cannot be read.
    #[error("`{}` cannot be read", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Compiled code cannot be written to the directory.
    #[error("`{}` cannot be written; check whether its disk is full", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The compiled code cannot be serialized.
    #[error("the compiled code cannot be serialized")]
    Serialize(#[source] wasmtime::Error),
}
