//! Why a command failed: as a message, and as an exit code.

use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use lovely_session_admin::TraceError;
use lovely_session_core::RecordError;
use lovely_session_host::compose::ComposeError;
use lovely_session_host::serve::{ListenError, LoadError};
use lovely_session_host::{ComponentError, ConnectError};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A thread, the runtime or a signal handler cannot be set up.
    #[error("the operating system refuses a thread, a signal handler or another resource")]
    System(#[source] io::Error),
    /// The arguments are valid one by one, but not together.
    #[error("{0}")]
    Usage(String),
    /// The file of a component cannot be read.
    #[error("cannot read `{}`; check the path", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
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
    /// A component cannot be composed with the others.
    #[error("cannot compose `{}`", .path.display())]
    Compose {
        /// The component's file.
        path: PathBuf,
        /// What is wrong with it.
        source: ComposeError,
    },
    /// A file or a directory exists already, and is not overwritten.
    #[error("`{}` exists already; choose another name, or remove it", .path.display())]
    Exists {
        /// The file or directory.
        path: PathBuf,
    },
    /// The result cannot be written.
    #[error("cannot write `{}`; check the path", .path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// The error of the operating system.
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
    /// The checked store breaks a rule.
    #[error("the store breaks the contract of `lovely:session/key-value`; see the report")]
    BrokenStore,
    /// The checked store breaks no rule, but some rules are unsupported or could not be tried.
    #[error("some rules are unsupported or could not be tried; see the report")]
    IncompleteStore,
    /// The store cannot be opened.
    #[error(transparent)]
    OpenStore(#[from] ConnectError),
    /// The store failed when it was read.
    #[error("cannot read from the store")]
    ReadStore(#[source] lovely_session_host::Error),
    /// Traces cannot be exported.
    #[error(transparent)]
    Traces(#[from] TraceError),
    /// The server cannot listen.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The store has no such session.
    #[error(
        "there is no such session in the container `{container}`: it expired, was evicted or never stored; \
         check the container, the id and the store"
    )]
    NoSession {
        /// The name of the container.
        container: String,
    },
    /// The record of the session cannot be read.
    #[error("the session exists, but its record cannot be read")]
    Record(#[source] RecordError),
}

impl Failure {
    /// The exit code of the process; `--help` lists them.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::System(_) | Self::Exists { .. } | Self::Write { .. } | Self::Print(_) => 1,
            Self::Usage(_) | Self::Traces(_) => 2,
            Self::Read { .. } | Self::Load { .. } | Self::Compose { .. } | Self::StoreComponent { .. } => 3,
            Self::OpenStore(_) | Self::ReadStore(_) => 4,
            Self::Listen(_) => 5,
            Self::NoSession { .. } | Self::Record(_) => 6,
            Self::BrokenStore => 7,
            Self::IncompleteStore => 8,
        })
    }

    /// The message for a person: the error, and its sources on lines of their own.
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
