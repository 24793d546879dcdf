//! The limits in force, as the page for operators shows them: read from the definition of the command line, so that they
//! are described once.

use clap::error::Result;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use lovely_session_admin::Limit;

use super::args::LimitArgs;

/// The limits of `serve`, with their values. Flatten it into the arguments of a command that has [`LimitArgs`].
#[derive(Debug, Clone, Default)]
pub struct LimitsInForce(pub Vec<Limit>);

impl FromArgMatches for LimitsInForce {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self> {
        let definition = LimitArgs::augment_args(Command::new("limits"));
        Ok(Self(definition.get_arguments().filter_map(|arg| limit(arg, matches)).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<()> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for LimitsInForce {
    fn augment_args(command: Command) -> Command {
        command
    }

    fn augment_args_for_update(command: Command) -> Command {
        command
    }
}

/// A limit with its value.
fn limit(arg: &Arg, matches: &ArgMatches) -> Option<Limit> {
    let values = matches.get_raw(arg.get_id().as_str())?;
    let values: Vec<_> = values.map(|value| value.to_string_lossy()).collect();
    let unit = match arg.get_value_names()?.first()?.as_str() {
        "SECONDS" => " s",
        _ => "",
    };
    Some(Limit {
        name: format!("--{}", arg.get_long()?),
        value: format!("{}{unit}", values.join(", ")),
        what: arg.get_help()?.to_string(),
    })
}
