//! `lovely-session new`.

mod directory;
mod name;
mod template;

use std::path::Path;

use clap::Args;

use self::directory::{CreateError, create};
use self::name::CrateName;
use self::template::Language;
use crate::failure::Failure;
use crate::output::print;

const NEW_HELP: &str = "\
Example:
  lovely-session new shop

The new crate counts the visits of each visitor. The command prints how to build it and how to serve it.";

/// The arguments of `new`.
#[derive(Debug, Args)]
#[command(after_help = NEW_HELP)]
pub struct NewArgs {
    /// The name of the crate, and of the directory to create for it
    name: CrateName,
    /// The programming language
    #[arg(long, value_enum, default_value_t = Language::Rust)]
    language: Language,
}

/// Writes the crate into a new directory, and prints the next steps.
///
/// After a failure, the directory does not exist.
pub fn run(args: &NewArgs) -> Result<(), Failure> {
    let path = Path::new(args.name.as_str());
    let files = args.language.files(&args.name);
    create(path, &files).map_err(|error| failure(path, error))?;
    print(args.language.next_steps(&args.name))
}

fn failure(path: &Path, error: CreateError) -> Failure {
    let path = path.to_owned();
    match error {
        CreateError::Exists => Failure::Exists { path },
        CreateError::Write(source) => Failure::Write { path, source },
    }
}
