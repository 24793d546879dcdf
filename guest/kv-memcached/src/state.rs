//! What an instance keeps from one call to the next: its configuration, its connections, and the races that it lost.

use alloc::vec::Vec;
use core::cell::Cell;
use core::time::Duration;

use lovely_session_key_value::Error;

use crate::bindings::cli::environment::get_environment;
use crate::config::Config;
use crate::link::Link;
use crate::lost_races::LostRaces;

/// What an instance keeps.
pub struct State {
    /// The servers.
    pub links: Vec<Link>,
    /// How long a call may take.
    pub timeout: Duration,
    /// The keys whose writes came too late.
    pub lost_races: LostRaces,
}

/// The state of the instance, between its calls.
static STATE: Kept = Kept(Cell::new(None));

struct Kept(Cell<Option<State>>);

// SAFETY: an instance of a component for WASI 0.2 has one thread. On other targets nothing calls `with`.
#[allow(unsafe_code, reason = "there is no safe way to a global without locks")]
unsafe impl Sync for Kept {}

/// Calls with the state. A configuration that is wrong fails each call.
pub fn with<T>(call: impl FnOnce(&mut State) -> Result<T, Error>) -> Result<T, Error> {
    let mut state = match STATE.0.take() {
        Some(state) => state,
        None => State::from_environment()?,
    };
    let result = call(&mut state);
    STATE.0.set(Some(state));
    result
}

impl State {
    fn from_environment() -> Result<Self, Error> {
        let Config { servers, timeout } = Config::from_environment(&get_environment())?;
        let links = servers.into_iter().map(Link::new).collect();
        Ok(Self { links, timeout, lost_races: LostRaces::default() })
    }
}
