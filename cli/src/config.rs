//! The configuration file of `serve`: its keys are the flags.
//!
//! Nothing here lists the flags. A file is translated into arguments, which are put in front of those of the command
//! line, and clap's definition of `serve` says what each key takes.

mod error;
mod file;
mod keys;
mod mistake;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory as _, Parser as _};

pub use self::error::ConfigError;
use self::file::settings_of;
use self::keys::Keys;
use self::mistake::Mistake;
use crate::args::CommandLine;

/// The command whose flags a file can have.
const SERVE: &str = "serve";

/// The flag that names the file.
const CONFIG: &str = "config";

/// Parses the command line. If it names a configuration file, the flags in it count too, unless the command line has
/// them. As clap does, it ends the process if the command line is invalid or asks for help.
///
/// # Errors
///
/// When the configuration file cannot be read, or has mistakes.
pub fn parse(arguments: Vec<OsString>) -> Result<CommandLine, ConfigError> {
    // What is wrong is reported when everything is parsed.
    let lenient = CommandLine::command().ignore_errors(true);
    let matches = lenient.try_get_matches_from(&arguments).ok();
    let serve = matches.as_ref().and_then(|matches| matches.subcommand_matches(SERVE));
    match serve.and_then(|serve| Some((serve, serve.get_one::<PathBuf>(CONFIG)?))) {
        Some((serve, file)) => Ok(CommandLine::parse_from(with_file(&arguments, serve, file)?)),
        None => Ok(CommandLine::parse_from(arguments)),
    }
}

/// The arguments with those of the file, which come first.
fn with_file(arguments: &[OsString], serve: &ArgMatches, path: &Path) -> Result<Vec<OsString>, ConfigError> {
    let failed = |source| ConfigError::Read { path: path.to_owned(), source };
    let content = std::fs::read(path).map_err(failed)?;
    let keys = Keys::new();
    let directory = path.parent().unwrap_or(Path::new(""));
    let settings = settings_of(&keys, &content, directory)
        .map_err(|mistakes| ConfigError::Mistakes { path: path.to_owned(), mistakes })?;
    let given: Vec<&str> = keys.ids().filter(|id| is_given(serve, id)).collect();
    let used = settings.iter().filter(|setting| !keys.is_overridden(setting.key, &given));
    let added: Vec<OsString> = used.flat_map(|setting| setting.arguments()).collect();
    let end =
        arguments.iter().position(|argument| argument == SERVE).map_or(arguments.len(), |serve| serve + 1);
    let (command, flags) = arguments.split_at(end);
    Ok([command, &added, flags].concat())
}

fn is_given(serve: &ArgMatches, id: &str) -> bool {
    matches!(serve.try_contains_id(id), Ok(true)) && serve.value_source(id) == Some(ValueSource::CommandLine)
}
