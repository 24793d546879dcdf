//! What a Rust compiler says about itself.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::BuildError;

/// An installed Rust compiler.
#[derive(Debug)]
pub(crate) struct Rustc {
    /// The program.
    pub program: PathBuf,
    /// The directory that holds its libraries.
    pub sysroot: PathBuf,
    /// What it says about its version.
    pub version: Version,
}

/// The version of a Rust compiler.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Version {
    /// The machine it runs on, as a target triple.
    pub host: String,
    /// The commit it was built from; `unknown` for compilers that do not tell.
    pub commit: String,
    /// Major and minor version.
    pub number: (u32, u32),
}

impl Rustc {
    /// Asks a compiler about itself. The directory matters where rustup chooses the compiler by it.
    pub fn inspect(program: &Path, directory: &Path) -> Result<Rustc, BuildError> {
        let sysroot = query(Command::new(program).args(["--print", "sysroot"]).current_dir(directory))?;
        let version = query(Command::new(program).arg("-vV").current_dir(directory))?;
        let version = parse_version(&version).ok_or_else(|| BuildError::Answer {
            program: program.to_owned(),
            reason: format!("no version in {version:?}"),
        })?;
        Ok(Rustc { program: program.to_owned(), sysroot: PathBuf::from(sysroot.trim_end()), version })
    }

    /// The directory of the sysroot for one target.
    pub fn target_directory(&self, target: impl AsRef<OsStr>) -> PathBuf {
        self.sysroot.join("lib/rustlib").join(target.as_ref())
    }

    /// The sources of the standard library, where they are installed.
    pub fn source_directory(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib/src/rust")
    }
}

/// Runs a program to its end, and gives what it wrote to its standard output.
pub(crate) fn query(command: &mut Command) -> Result<String, BuildError> {
    let program = PathBuf::from(command.get_program());
    let output = match command.output() {
        Ok(output) => output,
        Err(source) => return Err(BuildError::Start { program, source }),
    };
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(BuildError::Query { program, status: output.status, stderr });
    }
    String::from_utf8(output.stdout)
        .map_err(|error| BuildError::Answer { program, reason: error.to_string() })
}

/// Reads the answer to `rustc -vV`.
fn parse_version(text: &str) -> Option<Version> {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    Some(Version {
        host: field("host")?.to_owned(),
        commit: field("commit-hash")?.to_owned(),
        number: parse_number(field("release")?)?,
    })
}

/// The major and the minor number of a version such as `1.95.0-nightly` or `1.95`.
pub(crate) fn parse_number(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)\nbinary: rustc\n\
        commit-hash: ac68faa20c58\ncommit-date: 2026-05-25\nhost: x86_64-unknown-linux-gnu\nrelease: 1.96.0\n\
        LLVM version: 22.1.8\n";

    #[test]
    fn a_version_is_read_from_what_the_compiler_says() {
        let version = Version {
            host: "x86_64-unknown-linux-gnu".to_owned(),
            commit: "ac68faa20c58".to_owned(),
            number: (1, 96),
        };
        assert_eq!(parse_version(ANSWER), Some(version));
    }

    #[test]
    fn an_answer_without_a_version_is_none() {
        assert_eq!(parse_version("no compiler here\n"), None);
        assert_eq!(parse_version(&ANSWER.replace("1.96.0", "soon")), None);
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = Rustc::inspect(Path::new("no-such-rustc"), Path::new(".")).unwrap_err();
        assert!(matches!(error, BuildError::Start { program, .. } if program == Path::new("no-such-rustc")));
    }

    #[test]
    fn a_program_that_fails_is_told_with_its_message() {
        let error = query(Command::new("cargo").arg("no-such-command")).unwrap_err();
        assert!(matches!(error, BuildError::Query { stderr, .. } if stderr.contains("no-such-command")));
    }
}
