//! `lovely-session man`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_mangen::{Man, generate_to};

use crate::failure::Failure;
use crate::output::print;

const MAN_HELP: &str = "\
Examples:
  Read the manual page:
    lovely-session man | man -l -

  Write the pages of all commands, for a package:
    lovely-session man --output /usr/share/man/man1";

/// The arguments of `man`.
#[derive(Debug, Args)]
#[command(after_help = MAN_HELP)]
pub struct ManArgs {
    /// Write `lovely-session.1` and a page for each command into this directory, which is created if necessary
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// Prints the manual page of `command`, or writes it and those of its subcommands into a directory.
pub fn run(args: &ManArgs, command: Command) -> Result<(), Failure> {
    match &args.output {
        Some(directory) => write_pages(directory, command),
        None => print_page(command),
    }
}

fn write_pages(directory: &Path, command: Command) -> Result<(), Failure> {
    fs::create_dir_all(directory)
        .and_then(|()| generate_to(command, directory))
        .map_err(|source| Failure::Write { path: directory.to_owned(), source })
}

fn print_page(command: Command) -> Result<(), Failure> {
    let mut page = Vec::new();
    Man::new(command).render(&mut page).map_err(Failure::Print)?;
    print(&page)
}
