//! Builds a crate of this workspace into a WebAssembly component, from a shell.

mod args;

use std::env;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use args::{Request, Subject};
use lovely_componentize::{BuildError, Builder, Names, explain};

/// For command lines that cannot be understood, as other programs do.
const USAGE_FAILURE: u8 = 2;

fn main() -> ExitCode {
    match args::parse(env::args().skip(1)) {
        Ok(Request::Help) => {
            print!("{}", args::HELP);
            ExitCode::SUCCESS
        }
        Ok(Request::Build { subject, output, names }) => match build(&subject, &output, names) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {}", explain(&error));
                ExitCode::FAILURE
            }
        },
        Err(error) => {
            eprintln!("error: {error}\n\n{}", args::HELP);
            ExitCode::from(USAGE_FAILURE)
        }
    }
}

fn build(subject: &Subject, output: &Path, names: Names) -> Result<(), BuildError> {
    let directory = match subject {
        Subject::Directory(directory) => directory,
        Subject::Package(_) => Path::new("."),
    };
    let builder = Builder::new(directory)?;
    eprintln!("building with {}", builder.wasm_std());
    let component = match subject {
        Subject::Directory(directory) => builder.build(directory, names)?,
        Subject::Package(package) => builder.build_named(package, names)?,
    };
    fs::write(output, &component).map_err(|source| BuildError::Write { path: output.to_owned(), source })?;
    println!("{} ({} bytes)", output.display(), component.len());
    Ok(())
}
