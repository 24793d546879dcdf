//! `lovely-session new`.

mod directory;
mod name;
mod sdk;
mod template;

use std::path::{Path, PathBuf};

use clap::Args;

use self::directory::{CreateError, create};
use self::name::ProjectName;
use self::sdk::Sdk;
use self::template::{Language, Steps};
use crate::failure::Failure;
use crate::output::print;

const NEW_HELP: &str = "\
Examples:
  lovely-session new shop
  lovely-session new shop --language typescript

The new project counts the visits of each visitor. The command prints how to build it and how to serve it.";

/// The arguments of `new`.
#[derive(Debug, Args)]
#[command(after_help = NEW_HELP)]
pub struct NewArgs {
    /// The name of the project, and of the directory to create for it
    name: ProjectName,
    /// The programming language
    #[arg(long, value_enum, default_value_t = Language::Rust)]
    language: Language,
    /// The SDK to depend on, instead of the release of this version: a directory with a crate, a packed npm package or
    /// a wheel
    #[arg(long, value_name = "PATH")]
    sdk: Option<PathBuf>,
}

/// Writes the project into a new directory, and prints the next steps.
///
/// After a failure, the directory does not exist.
pub fn run(args: &NewArgs) -> Result<(), Failure> {
    let NewArgs { name, language, sdk } = args;
    language.check(name).map_err(|error| Failure::Usage(error.to_string()))?;
    let files = language.files(name, &Sdk::at(sdk.as_deref())?);
    let path = Path::new(name.as_str());
    create(path, &files).map_err(|error| failure(path, error))?;
    print(next_steps(name, language.steps(name)))
}

fn next_steps(name: &ProjectName, steps: Steps) -> String {
    let Steps { once, build, component } = steps;
    let directory = name.as_str();
    let once = once.map(|command| format!("Once on a machine:\n\n  {command}\n\n")).unwrap_or_default();
    format!(
        "\
Created `{directory}`. {once}To build it, and to serve it on http://127.0.0.1:8080:

  cd {directory}
  {build}
  lovely-session serve {component}
"
    )
}

fn failure(path: &Path, error: CreateError) -> Failure {
    let path = path.to_owned();
    match error {
        CreateError::Exists => Failure::Exists { path },
        CreateError::Write(source) => Failure::Write { path, source },
    }
}
