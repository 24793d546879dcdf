//! What the application may use beside its sessions: environment variables, directories, and other servers.

mod directory;
mod environment;

use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueHint};
use lovely_session_host::serve::{Application, Origin, OutgoingHttp, OutgoingHttpOptions, TrustError};

use self::directory::Directory;
use self::environment::{Variable, VariableParser};
use super::size::Size;

/// What the application may use.
#[derive(Debug, Args)]
#[command(next_help_heading = "What the application may use")]
pub struct GrantArgs {
    /// An environment variable for the application; NAME alone passes on the value from the environment of this
    /// process. Repeatable
    #[arg(long, value_name = "NAME[=VALUE]", value_parser = VariableParser)]
    env: Vec<Variable>,
    /// A directory whose files the application may read, and its path for the application. Repeatable
    #[arg(long, value_name = "HOST=GUEST", value_hint = ValueHint::DirPath)]
    dir: Vec<Directory>,
    /// An origin to which the application may send HTTP requests, such as https://api.example.com. Repeatable
    #[arg(long, value_name = "ORIGIN")]
    allow_http: Vec<Origin>,
    /// The size of the body of a response to such a request
    #[arg(long, value_name = "SIZE", default_value = "16MiB")]
    max_http_response: Size,
    /// How long such a request may wait for a connection, for the head of the response, and for each next part of its
    /// body
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    http_timeout: u64,
}

/// What the arguments grant, for any number of applications.
#[derive(Clone)]
pub struct Grants {
    wasi: Option<Arc<Wasi>>,
    http: Option<OutgoingHttp>,
}

struct Wasi {
    variables: Vec<Variable>,
    directories: Vec<Directory>,
}

impl Grants {
    /// Reads the root certificates, if an origin needs them.
    ///
    /// # Errors
    ///
    /// When there are none.
    pub fn new(args: &GrantArgs) -> Result<Self, TrustError> {
        let wasi = Wasi { variables: last_of_each_name(&args.env), directories: args.dir.clone() };
        let needs_wasi = !(args.env.is_empty() && args.dir.is_empty());
        let http = if args.allow_http.is_empty() {
            None
        } else {
            Some(OutgoingHttp::new(args.allow_http.iter().cloned(), args.http_options())?)
        };
        Ok(Self { wasi: needs_wasi.then(|| Arc::new(wasi)), http })
    }

    /// Grants it to an application. Applications share their connections to other servers.
    pub fn apply(&self, mut application: Application) -> Application {
        if let Some(wasi) = self.wasi.clone() {
            application = application.with_wasi(move |context| {
                wasi.variables.iter().for_each(|variable| variable.grant(context));
                wasi.directories.iter().try_for_each(|directory| directory.grant(context))
            });
        }
        if let Some(http) = self.http.clone() {
            application = application.with_outgoing_http(move || Box::new(http.clone()));
        }
        application
    }
}

impl GrantArgs {
    fn http_options(&self) -> OutgoingHttpOptions {
        let time = Duration::from_secs(self.http_timeout);
        OutgoingHttpOptions {
            connect_time: time,
            first_byte_time: time,
            between_bytes_time: time,
            max_response: self.max_http_response.bytes as u64,
        }
    }
}

/// Leaves out a variable if a later one has the same name.
fn last_of_each_name(variables: &[Variable]) -> Vec<Variable> {
    let mut last: Vec<Variable> = Vec::with_capacity(variables.len());
    for variable in variables {
        last.retain(|earlier| earlier.name() != variable.name());
        last.push(variable.clone());
    }
    last
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Serve {
        #[command(flatten)]
        grants: GrantArgs,
    }

    #[test]
    fn the_flags_default_to_the_options_of_the_library() {
        let serve = Serve::parse_from(["serve"]);
        assert_eq!(serve.grants.http_options(), OutgoingHttpOptions::default());
    }

    #[test]
    fn the_last_variable_of_a_name_counts() {
        let serve = Serve::parse_from(["serve", "--env", "A=1", "--env", "B=2", "--env", "A=3"]);
        let variables = last_of_each_name(&serve.grants.env);
        let names: Vec<&str> = variables.iter().map(Variable::name).collect();
        assert_eq!((names, variables[1].value()), (vec!["B", "A"], "3"));
    }

    #[test]
    fn the_values_of_variables_are_not_in_debug_output() {
        let serve = Serve::parse_from(["serve", "--env", "KEY=a-secret"]);
        let text = format!("{:?}", serve.grants);
        assert!(text.contains("KEY") && !text.contains("a-secret"), "{text}");
    }
}
