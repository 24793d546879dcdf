//! What an instance keeps from one call to the next: its configuration and its connections.

use alloc::vec::Vec;
use core::cell::Cell;
use core::time::Duration;

use lovely_session_port::Error;

use crate::bindings::cli::environment::get_environment;
use crate::config::Config;
use crate::link::Link;

struct State {
    links: Vec<Link>,
    timeout: Duration,
}

/// The state of the instance, between its calls.
static STATE: Kept = Kept(Cell::new(None));

struct Kept(Cell<Option<State>>);

// SAFETY: an instance of a component for WASI 0.2 has one thread. On other targets nothing calls `with`.
#[allow(unsafe_code, reason = "there is no safe way to a global without locks")]
unsafe impl Sync for Kept {}

/// Calls with the servers, and the time that a call may take. A configuration that is wrong fails each call.
pub fn with<T>(call: impl FnOnce(&mut [Link], Duration) -> Result<T, Error>) -> Result<T, Error> {
    let mut state = match STATE.0.take() {
        Some(state) => state,
        None => State::from_environment()?,
    };
    let result = call(&mut state.links, state.timeout);
    STATE.0.set(Some(state));
    result
}

impl State {
    fn from_environment() -> Result<Self, Error> {
        let Config { servers, timeout } = Config::from_environment(&get_environment())?;
        Ok(Self { links: servers.into_iter().map(Link::new).collect(), timeout })
    }
}
