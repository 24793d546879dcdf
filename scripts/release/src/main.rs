//! Writes the files of a release that cargo does not write; `scripts/release.sh` runs it.

mod checksums;
mod components;
mod wit_package;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Writes the files of a release that cargo does not write.
#[derive(Debug, Parser)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Writes the components as the artifact crate has them, for packing that crate.
    Components {
        /// The directory to write to.
        directory: PathBuf,
    },
    /// Writes the components with their provenance.
    Files {
        /// The directory to write to.
        directory: PathBuf,
        /// The commit that the release is made of.
        #[arg(long)]
        revision: String,
    },
    /// Writes the WIT package as WebAssembly.
    Wit {
        /// The directory that has the package as text.
        source: PathBuf,
        /// The file to write.
        output: PathBuf,
    },
    /// Writes `SHA256SUMS` for all other files of a directory.
    Checksums {
        /// The directory.
        directory: PathBuf,
    },
}

fn main() -> anyhow::Result<()> {
    match CommandLine::parse().command {
        Command::Components { directory } => components::write_plain(&directory),
        Command::Files { directory, revision } => components::write_with_provenance(&directory, &revision),
        Command::Wit { source, output } => wit_package::write(&source, &output),
        Command::Checksums { directory } => checksums::write(&directory),
    }
}
