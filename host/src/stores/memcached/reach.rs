//! Reaches servers that were never reached, before anything is written to them: only their handshake tells how large a
//! value may be. So a value that is too large stops the whole call, as with servers that were there from the start.

use std::collections::HashMap;

use futures_util::future::join_all;
use lovely_session_key_value::Write;
use lovely_session_memcached::{Failure, route};

use super::Memcached;

impl Memcached {
    /// Connects to those servers of these writes that were never reached. Returns the failures, by the servers' names.
    pub(super) async fn reach(&self, writes: &[Write]) -> HashMap<&str, Failure> {
        if self.servers.iter().all(|server| server.was_reached()) {
            return HashMap::new();
        }
        let names = || self.servers.iter().map(|server| server.name());
        let mut places: Vec<_> = writes.iter().map(|write| route(&write.key, names())).collect();
        places.sort_unstable();
        places.dedup();
        let unknown = places.into_iter().filter_map(|place| self.servers.get(place));
        let reached = unknown.filter(|server| !server.was_reached()).map(async |server| {
            let failure = server.reach().await.err()?;
            Some((server.name(), failure))
        });
        join_all(reached).await.into_iter().flatten().collect()
    }
}
