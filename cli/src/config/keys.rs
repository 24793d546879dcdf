//! The keys of a configuration file, from clap's definition of `serve`.

use std::any::TypeId;
use std::error::Error as _;
use std::ffi::OsString;

use clap::builder::{Str, ValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, CommandFactory as _, Id, ValueHint};

use super::{CONFIG, SERVE};
use crate::args::CommandLine;

/// The flags of `serve`. Its other arguments are flags here too, under their names.
pub struct Keys {
    command: Command,
    positional: Vec<Id>,
}

impl Keys {
    pub fn new() -> Self {
        let serve = CommandLine::command().find_subcommand(SERVE).cloned().unwrap_or_default();
        let positional: Vec<Id> = serve.get_positionals().map(|arg| arg.get_id().clone()).collect();
        let command = serve.disable_help_flag(true).disable_version_flag(true).mut_args(|arg| {
            let id = arg.get_id().clone();
            let arg = arg.required(false);
            if positional.contains(&id) { arg.long(Str::from(id)) } else { arg }
        });
        Self { command, positional }
    }

    /// The ids of all arguments that a file can have.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.args().map(|arg| arg.get_id().as_str())
    }

    /// The argument with this key.
    pub fn find(&self, key: &str) -> Option<Key<'_>> {
        let arg = self.args().find(|arg| arg.get_long() == Some(key))?;
        Some(Key { arg, is_positional: self.positional.contains(arg.get_id()) })
    }

    /// The key that is most similar to one that does not exist.
    pub fn suggestion(&self, key: &str) -> Option<String> {
        let error = self.parse(format!("--{key}=").into()).err()?;
        match error.get(ContextKind::SuggestedArg)? {
            ContextValue::String(flag) => {
                let similar = flag.trim_start_matches('-');
                self.find(similar).map(|_| similar.to_owned())
            }
            _ => None,
        }
    }

    /// Checks a value with clap's own parser, and returns why it is not possible.
    pub fn check(&self, key: Key<'_>, value: &str) -> Result<(), String> {
        let Err(error) = self.parse(key.with_value(value)) else { return Ok(()) };
        match error.kind() {
            ErrorKind::ValueValidation => Err(reason(&error)),
            ErrorKind::InvalidValue => Err(possible_values(&error)),
            // What is missing is found when all arguments are there.
            _ => Ok(()),
        }
    }

    /// Whether the command line has this argument, or one that excludes it.
    pub fn is_overridden(&self, key: Key<'_>, given: &[&str]) -> bool {
        let is_given = |arg: &Arg| given.contains(&arg.get_id().as_str());
        self.args()
            .any(|arg| is_given(arg) && (arg.get_id() == key.arg.get_id() || self.exclude(arg, key.arg)))
    }

    /// Whether two arguments exclude each other.
    pub fn conflict(&self, one: Key<'_>, other: Key<'_>) -> bool {
        self.exclude(one.arg, other.arg)
    }

    fn exclude(&self, one: &Arg, other: &Arg) -> bool {
        let excludes = |one: &Arg, other: &Arg| {
            self.command.get_arg_conflicts_with(one).iter().any(|arg| arg.get_id() == other.get_id())
        };
        excludes(one, other) || excludes(other, one)
    }

    fn args(&self) -> impl Iterator<Item = &Arg> {
        self.command.get_arguments().filter(|arg| arg.get_id() != CONFIG)
    }

    fn parse(&self, argument: OsString) -> Result<(), clap::Error> {
        let arguments = [OsString::from(SERVE), argument];
        self.command.clone().try_get_matches_from(arguments).map(drop)
    }
}

/// Why a parser does not take a value. clap's own message would contain the value.
fn reason(error: &clap::Error) -> String {
    if let Some(source) = error.source() {
        return source.to_string();
    }
    let message = error.render().to_string();
    let line = message.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

fn possible_values(error: &clap::Error) -> String {
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) if !values.is_empty() => {
            format!("it can be {}", values.join(", "))
        }
        _ => "it is empty".to_owned(),
    }
}

/// A key.
#[derive(Clone, Copy)]
pub struct Key<'a> {
    arg: &'a Arg,
    is_positional: bool,
}

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// True or false.
    Switch,
    Number,
    Text,
    /// A text such as `64MiB`, which can be a number alone.
    TextOrNumber,
}

impl<'a> Key<'a> {
    /// The name.
    pub fn name(self) -> &'a str {
        self.arg.get_long().unwrap_or_default()
    }

    /// Whether it takes several values.
    pub fn is_list(self) -> bool {
        matches!(self.arg.get_action(), ArgAction::Append)
    }

    /// Whether its value is a path, or begins with one.
    pub fn is_path(self) -> bool {
        let hint = self.arg.get_value_hint();
        matches!(
            hint,
            ValueHint::AnyPath | ValueHint::FilePath | ValueHint::DirPath | ValueHint::ExecutablePath
        )
    }

    /// What it takes, or each of its values.
    pub fn takes(self) -> Takes {
        if !self.arg.get_action().takes_values() {
            return Takes::Switch;
        }
        let parser = self.arg.get_value_parser();
        if is_one_of(parser, &numbers()) {
            Takes::Number
        } else if self.is_list() || self.is_path() || is_one_of(parser, &texts()) {
            Takes::Text
        } else {
            Takes::TextOrNumber
        }
    }

    /// The argument for a value.
    pub fn with_value(self, value: &str) -> OsString {
        format!("--{}={value}", self.name()).into()
    }

    /// Whether the argument is given by its position alone.
    pub fn is_positional(self) -> bool {
        self.is_positional
    }
}

fn is_one_of(parser: &ValueParser, types: &[TypeId]) -> bool {
    types.iter().any(|ty| parser.type_id() == *ty)
}

fn texts() -> [TypeId; 2] {
    [TypeId::of::<String>(), TypeId::of::<OsString>()]
}

fn numbers() -> [TypeId; 9] {
    [
        TypeId::of::<u8>(),
        TypeId::of::<u16>(),
        TypeId::of::<u32>(),
        TypeId::of::<u64>(),
        TypeId::of::<usize>(),
        TypeId::of::<i32>(),
        TypeId::of::<i64>(),
        TypeId::of::<f32>(),
        TypeId::of::<f64>(),
    ]
}
