//! Why a component could not be built.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// Why a component could not be built. Each message says what to do where something can be done; [`explain`] adds
/// the causes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Neither place holds a WebAssembly standard library that can be used.
    #[error(
        "no WebAssembly standard library for Rust\n  rustup: {rustup}\n  debian: {debian}\nRun `make setup`, which installs one"
    )]
    NoWasmStd {
        /// What is wrong with the one of the toolchain in use.
        rustup: String,
        /// What is wrong with the one of Debian's packages.
        debian: String,
    },

    /// The way that the environment asks for is none.
    #[error("{variable} is {given:?}; set it to `rustup` or `debian`, or leave it unset", variable = crate::WASM_STD_VARIABLE)]
    UnknownWasmStd {
        /// The value of the variable.
        given: String,
    },

    /// A program could not be started.
    #[error("cannot run {}; check that it is installed and on the PATH", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// Why not.
        source: io::Error,
    },

    /// A program that was asked for information failed.
    #[error("{} failed ({status}): {stderr}", program.display())]
    Query {
        /// The program.
        program: PathBuf,
        /// How it ended.
        status: ExitStatus,
        /// What it wrote to its standard error.
        stderr: String,
    },

    /// A program that was asked for information answered something unexpected.
    #[error("{} answered something unexpected: {reason}", program.display())]
    Answer {
        /// The program.
        program: PathBuf,
        /// What is wrong with the answer.
        reason: String,
    },

    /// The directory is no crate.
    #[error("{} has no Cargo.toml: add one, or remove the directory", directory.display())]
    NoManifest {
        /// The directory.
        directory: PathBuf,
    },

    /// The crate is no member of the workspace.
    #[error("{crate_name} is no member of the workspace {}: add it to `members` there", workspace.display())]
    NotAMember {
        /// The directory or the package name that was given.
        crate_name: String,
        /// The root directory of the workspace.
        workspace: PathBuf,
    },

    /// The crate cannot become a component.
    #[error(
        "the package {package} has no library of the type `cdylib`: set `crate-type = [\"cdylib\"]` under `[lib]`"
    )]
    NotACdylib {
        /// The name of the package.
        package: String,
    },

    /// The crate does not compile. The compiler's messages went to the standard error.
    #[error("the package {package} does not compile for WebAssembly ({status}); see the compiler's messages")]
    Compile {
        /// The name of the package.
        package: String,
        /// How cargo ended.
        status: ExitStatus,
    },

    /// The compiled module cannot be made a component.
    #[error("the package {package} compiles, but cannot be made a component")]
    Encode {
        /// The name of the package.
        package: String,
        /// What is wrong with the module.
        source: Box<dyn Error + Send + Sync>,
    },

    /// The compiled module implements nothing of its WIT world.
    #[error("the package {package} exports nothing: call the `export!` macro of its bindings")]
    ExportsNothing {
        /// The name of the package.
        package: String,
    },

    /// A file could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },

    /// A file could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },

    /// A variable is missing that cargo sets for build scripts.
    #[error("{name} is not set: this works only in a build script that cargo runs")]
    NotABuildScript {
        /// The name of the variable.
        name: &'static str,
    },
}

/// The error's message, and those of its causes, one a line.
pub fn explain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str("\n  because: ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_explanation_holds_the_message_and_its_causes() {
        let error = BuildError::Read {
            path: PathBuf::from("guest.wasm"),
            source: io::Error::new(io::ErrorKind::NotFound, "it is not there"),
        };
        assert_eq!(explain(&error), "cannot read guest.wasm\n  because: it is not there");
    }
}
