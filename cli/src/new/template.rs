//! The files of a new project, for each language.

mod javascript;
mod python;
mod rust;
mod typescript;

use clap::ValueEnum;

use super::name::{InvalidName, ProjectName};
use super::sdk::Sdk;

/// A programming language that there is a template for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Rust, built by cargo
    Rust,
    /// JavaScript, built by npm
    #[value(name = "javascript")]
    JavaScript,
    /// TypeScript, built by npm
    #[value(name = "typescript")]
    TypeScript,
    /// Python, built by its `venv` and pip
    Python,
}

/// A file of a new project.
#[derive(Debug)]
pub struct File {
    /// Its path in the project, with `/` between directories.
    pub path: &'static str,
    /// What it contains.
    pub text: String,
}

/// How a new project is built and served.
#[derive(Debug)]
pub struct Steps {
    /// What has to be done once on a machine, if anything.
    pub once: Option<&'static str>,
    /// The command that builds it, in its directory.
    pub build: &'static str,
    /// The component that this gives, as a path in the directory.
    pub component: String,
}

impl Language {
    /// Checks what the language demands of a name.
    pub fn check(self, name: &ProjectName) -> Result<(), InvalidName> {
        match self {
            Self::Rust => rust::check(name),
            Self::JavaScript | Self::TypeScript => javascript::check(name),
            Self::Python => Ok(()),
        }
    }

    /// The files of a new project.
    pub fn files(self, name: &ProjectName, sdk: &Sdk) -> Vec<File> {
        match self {
            Self::Rust => rust::files(name, sdk),
            Self::JavaScript => javascript::files(name, sdk),
            Self::TypeScript => typescript::files(name, sdk),
            Self::Python => python::files(name, sdk),
        }
    }

    /// How to build and to serve a new project.
    pub fn steps(self, name: &ProjectName) -> Steps {
        match self {
            Self::Rust => rust::steps(name),
            Self::JavaScript | Self::TypeScript => javascript::steps(name),
            Self::Python => python::steps(name),
        }
    }
}

/// A file without places for values.
fn file(path: &'static str, text: &str) -> File {
    File { path, text: text.to_owned() }
}

/// A file with places for the name and the SDK. A place is a name in braces.
fn filled(path: &'static str, text: &str, name: &ProjectName, sdk: &str) -> File {
    File { path, text: text.replace("{name}", name.as_str()).replace("{sdk}", sdk) }
}
