//! What keeps compiled code from being used, or kept.

use std::io;
use std::path::PathBuf;

/// Why a [`CodeCache`](super::CodeCache), or a file in it, is of no use. Serving works all the same; what cannot be
/// used is compiled again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheProblem {
    /// The directory cannot be made or opened.
    #[error("the cache `{}` cannot be opened; choose another directory", .path.display())]
    Open {
        /// The directory.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// It belongs to somebody else, who could have put code there.
    #[error(
        "`{}` belongs to another user (number {owner}), so the code in it is not trusted; \
         choose a directory of your own", .path.display()
    )]
    ForeignOwner {
        /// The directory or the file.
        path: PathBuf,
        /// The number of the user that owns it.
        owner: u32,
    },
    /// Others could have changed what is in it.
    #[error(
        "others may write to `{}` (its mode is {mode:03o}), so the code in it is not trusted; \
         remove it, or take that right away with `chmod go-w`", .path.display()
    )]
    WritableByOthers {
        /// The directory or the file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// Where a file should be is something else.
    #[error("`{}` is no regular file; remove it", .path.display())]
    NoFile {
        /// What is not a file.
        path: PathBuf,
    },
    /// The content of a file is not what was once written to it.
    #[error("`{}` is damaged, or was changed", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The file is whole, and its code is not for this engine.
    #[error("the code in `{}` is not for this program", .path.display())]
    Incompatible {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        source: wasmtime::Error,
    },
    /// A file is there and cannot be read.
    #[error("`{}` cannot be read", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Compiled code cannot be written to the directory.
    #[error("`{}` cannot be written; see whether its disk is full", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The compiled code cannot be made into a file.
    #[error("the compiled code cannot be written down")]
    Serialize(#[source] wasmtime::Error),
}
