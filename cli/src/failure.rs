//! Why a command failed: in words for people, and as an exit code for scripts.

use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use lovely_session_core::RecordError;
use lovely_session_host::compose::ComposeError;
use lovely_session_host::serve::{ListenError, LoadError};
use lovely_session_host::{ComponentError, ConnectError};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The process cannot do what every server needs.
    #[error("the operating system refuses what a server needs")]
    System(#[source] io::Error),
    /// The arguments make no sense together.
    #[error("{0}")]
    Usage(String),
    /// The application's file cannot be read.
    #[error("cannot read `{}`; check the path", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The application cannot be served.
    #[error("cannot serve `{}`", .path.display())]
    Load {
        /// The application's file.
        path: PathBuf,
        /// What is wrong with it.
        source: LoadError,
    },
    /// A component cannot be joined with the others.
    #[error("cannot compose `{}`", .path.display())]
    Compose {
        /// The component's file.
        path: PathBuf,
        /// What is wrong with it.
        source: ComposeError,
    },
    /// The result cannot be written.
    #[error("cannot write `{}`; check the path", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The result cannot be printed.
    #[error("cannot write to standard output")]
    Print(#[source] io::Error),
    /// A component cannot be used as a store.
    #[error("cannot use `{}` as a store", .path.display())]
    StoreComponent {
        /// The component's file.
        path: PathBuf,
        /// What is wrong with it.
        source: ComponentError,
    },
    /// A store that was checked breaks its contract.
    #[error("the store breaks the contract of `lovely:session/key-value`; the report says where")]
    BrokenStore,
    /// A store that was checked breaks no rule, but does not keep all of them.
    #[error("some rules are unsupported or could not be tried; the report says which")]
    IncompleteStore,
    /// The store cannot be used.
    #[error(transparent)]
    OpenStore(#[from] ConnectError),
    /// The store failed while it was used.
    #[error("cannot read from the store")]
    ReadStore(#[source] lovely_session_host::Error),
    /// The server cannot listen.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// There is no such session.
    #[error(
        "there is no such session in the container `{container}`; it may have expired, been evicted, \
         or never been stored; check the container, the id and the store"
    )]
    NoSession {
        /// The container that was looked in.
        container: String,
    },
    /// The record of the session cannot be read.
    #[error("the session is stored, but cannot be read")]
    Record(#[source] RecordError),
}

impl Failure {
    /// The code that the process ends with; `--help` lists them.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::System(_) | Self::Write { .. } | Self::Print(_) => 1,
            Self::Usage(_) => 2,
            Self::Read { .. } | Self::Load { .. } | Self::Compose { .. } | Self::StoreComponent { .. } => 3,
            Self::OpenStore(_) | Self::ReadStore(_) => 4,
            Self::Listen(_) => 5,
            Self::NoSession { .. } | Self::Record(_) => 6,
            Self::BrokenStore => 7,
            Self::IncompleteStore => 8,
        })
    }

    /// The message for a person: what happened, and below it why.
    pub fn message(&self) -> String {
        let mut message = format!("error: {self}");
        let mut reason = self.source();
        while let Some(error) = reason {
            // Writing to a string cannot fail.
            let _ = write!(message, "\n  because: {error}");
            reason = error.source();
        }
        message
    }
}
