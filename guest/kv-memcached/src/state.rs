//! What an instance keeps from one call to the next: its configuration, its connections, and the races that it lost.

use std::cell::Cell;
use std::time::Duration;

use lovely_session_key_value::Error;

use crate::bindings::cli::environment::get_environment;
use crate::config::Config;
use crate::lost_races::LostRaces;
use crate::server::Server;

/// What an instance keeps.
pub struct State {
    /// The servers.
    pub servers: Vec<Server>,
    /// The timeout of a call.
    pub timeout: Duration,
    /// The keys whose writes came too late.
    pub lost_races: LostRaces,
}

thread_local! {
    /// The state of the instance, between its calls. An instance has one thread.
    static STATE: Cell<Option<State>> = const { Cell::new(None) };
}

/// Runs a call with the state. An invalid configuration fails each call.
pub fn with<T>(call: impl FnOnce(&mut State) -> Result<T, Error>) -> Result<T, Error> {
    let mut state = match STATE.take() {
        Some(state) => state,
        None => State::from_environment()?,
    };
    let result = call(&mut state);
    STATE.set(Some(state));
    result
}

impl State {
    fn from_environment() -> Result<Self, Error> {
        let Config { servers, timeout } = Config::from_environment(&get_environment())?;
        let servers = servers.into_iter().map(Server::new).collect();
        Ok(Self { servers, timeout, lost_races: LostRaces::default() })
    }
}
