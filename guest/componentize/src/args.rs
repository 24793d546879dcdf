//! The command line.
//!
//! Read by hand: the library is compiled for every build script that uses it, and an argument parser in this package
//! would be compiled along with it.

use std::path::PathBuf;

use lovely_componentize::Names;

/// What `--help` prints.
pub const HELP: &str = "\
Builds a crate of this workspace into a WebAssembly component.

Usage: lovely-componentize (DIRECTORY | --package NAME) --output FILE [--names]

Arguments:
  DIRECTORY            the directory of the crate, such as examples/cart

Options:
  -p, --package NAME   the crate by its package name instead
  -o, --output FILE    where to write the component
      --names          keep the names of functions, for readable backtraces
  -h, --help           print this

Environment:
  LOVELY_WASM_STD      rustup or debian: take the WebAssembly standard library
                       from there, and do not look elsewhere

Example: cargo run -p lovely-componentize -- examples/cart -o cart.wasm
";

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    /// Print the help.
    Help,
    /// Build a component.
    Build {
        /// Which crate.
        subject: Subject,
        /// Where to write the component.
        output: PathBuf,
        /// Whether it carries the names of functions.
        names: Names,
    },
}

/// The crate to build.
#[derive(Debug, PartialEq, Eq)]
pub enum Subject {
    /// The one in this directory.
    Directory(PathBuf),
    /// The one of this package name.
    Package(String),
}

/// A command line that cannot be understood.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// An option lacks its value.
    #[error("{option} needs a value")]
    NoValue {
        /// The option.
        option: String,
    },
    /// An option is not known.
    #[error("unknown option {option}")]
    UnknownOption {
        /// The option.
        option: String,
    },
    /// Two crates are named.
    #[error("name one crate only")]
    TwoSubjects,
    /// No crate is named.
    #[error("name a crate: its directory, or --package NAME")]
    NoSubject,
    /// No output is named.
    #[error("say where to write the component: --output FILE")]
    NoOutput,
}

/// Reads the arguments that follow the program's name.
pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Request, UsageError> {
    let mut arguments = arguments.into_iter();
    let (mut subject, mut output, mut names) = (None, None, Names::Stripped);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| UsageError::NoValue { option: argument.clone() });
        match argument.as_str() {
            "-h" | "--help" => return Ok(Request::Help),
            "--names" => names = Names::Kept,
            "-o" | "--output" => output = Some(PathBuf::from(value()?)),
            "-p" | "--package" => only_one(&mut subject, Subject::Package(value()?))?,
            option if option.starts_with('-') => {
                return Err(UsageError::UnknownOption { option: option.to_owned() });
            }
            directory => only_one(&mut subject, Subject::Directory(PathBuf::from(directory)))?,
        }
    }
    Ok(Request::Build {
        subject: subject.ok_or(UsageError::NoSubject)?,
        output: output.ok_or(UsageError::NoOutput)?,
        names,
    })
}

fn only_one(subject: &mut Option<Subject>, another: Subject) -> Result<(), UsageError> {
    match subject.replace(another) {
        None => Ok(()),
        Some(_) => Err(UsageError::TwoSubjects),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Request, UsageError> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn a_crate_is_named_by_its_directory() {
        let request = Request::Build {
            subject: Subject::Directory(PathBuf::from("examples/cart")),
            output: PathBuf::from("cart.wasm"),
            names: Names::Stripped,
        };
        assert_eq!(parsed("examples/cart -o cart.wasm"), Ok(request));
    }

    #[test]
    fn a_crate_is_named_by_its_package_and_options_come_in_any_order() {
        let request = Request::Build {
            subject: Subject::Package("lovely-session-cart".to_owned()),
            output: PathBuf::from("cart.wasm"),
            names: Names::Kept,
        };
        assert_eq!(parsed("--names --output cart.wasm --package lovely-session-cart"), Ok(request));
    }

    #[test]
    fn help_wins_over_what_is_missing() {
        assert_eq!(parsed("--help"), Ok(Request::Help));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(parsed("-o cart.wasm"), Err(UsageError::NoSubject));
        assert_eq!(parsed("examples/cart"), Err(UsageError::NoOutput));
        assert_eq!(parsed("examples/cart -o"), Err(UsageError::NoValue { option: "-o".to_owned() }));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert_eq!(parsed("examples/cart -p other -o cart.wasm"), Err(UsageError::TwoSubjects));
        assert_eq!(parsed("--fast"), Err(UsageError::UnknownOption { option: "--fast".to_owned() }));
    }
}
