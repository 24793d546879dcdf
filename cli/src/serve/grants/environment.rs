//! Environment variables of the application. Their values can be secrets, and appear in no message.

use std::ffi::OsStr;
use std::fmt;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command};
use wasmtime_wasi::WasiCtxBuilder;

/// A variable, from `NAME=VALUE`, or from `NAME` and the environment of this process.
#[derive(Clone)]
pub struct Variable {
    name: String,
    value: String,
}

/// A text gives no variable.
#[derive(Debug, thiserror::Error)]
enum VariableError {
    #[error("an environment variable needs a name: NAME=VALUE, or NAME for one of this process")]
    NoName,
    #[error("the environment variable `{name}` is not set for this process; set it, or write {name}=VALUE")]
    NotSet { name: String },
    #[error("the environment variable `{name}` is not valid UTF-8")]
    NotText { name: String },
    #[error("an environment variable has a NUL character")]
    Nul,
}

impl Variable {
    fn parse(text: &OsStr) -> Result<Self, VariableError> {
        let replaced = text.to_string_lossy();
        let (name, value) = match replaced.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (&*replaced, None),
        };
        let name = name.to_owned();
        if name.is_empty() {
            return Err(VariableError::NoName);
        }
        if text.to_str().is_none() {
            return Err(VariableError::NotText { name });
        }
        if replaced.contains('\0') {
            return Err(VariableError::Nul);
        }
        let value = value.map_or_else(|| inherited(&name), |value| Ok(value.to_owned()))?;
        Ok(Self { name, value })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    #[cfg(test)]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Gives an instance the variable.
    pub fn grant(&self, context: &mut WasiCtxBuilder) {
        context.env(&self.name, &self.value);
    }
}

fn inherited(name: &str) -> Result<String, VariableError> {
    let value = std::env::var_os(name).ok_or_else(|| VariableError::NotSet { name: name.to_owned() })?;
    value.into_string().map_err(|_| VariableError::NotText { name: name.to_owned() })
}

impl fmt::Debug for Variable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Variable").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Parses variables. clap's own errors would contain the value.
#[derive(Debug, Clone, Copy)]
pub struct VariableParser;

impl TypedValueParser for VariableParser {
    type Value = Variable;

    fn parse_ref(
        &self,
        command: &Command,
        _arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Variable, clap::Error> {
        Variable::parse(value).map_err(|error| {
            clap::Error::raw(ErrorKind::ValueValidation, format!("{error}\n")).with_cmd(command)
        })
    }
}
