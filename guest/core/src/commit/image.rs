//! The record that a session becomes.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use super::task::Round;
use crate::error::Error;
use crate::record::{self, Facts, Nonces};
use crate::working::{Identity, Working};

/// Whether anything in a session differs from what was loaded.
pub fn differs(session: &Working) -> bool {
    // A package that cannot be read could not be written either: reading comes first.
    let differs = |package| session.raw_view(package).is_ok_and(|view| view.differs());
    session.overlays.iter().any(|(package, _)| differs(package))
}

/// The record of a live session. Packages that are as they were loaded are copied without a look.
///
/// # Errors
/// [`Error::TooLarge`].
pub fn live(session: &Working, round: &Round, moved_from: Option<String>) -> Result<Vec<u8>, Error> {
    let mut changed = Vec::new();
    for (package, _) in session.overlays.iter() {
        let view = session.raw_view(package)?;
        if view.differs() {
            changed.push((package, view.document()));
        }
    }
    let loaded = session.loaded.record().map(|record| &**record);
    let bytes = record::encode(&Facts { moved_from, ..facts(session, round) }, loaded, &changed);
    let (size, limit) = (bytes.len() as u64, u64::from(session.settings.max_size));
    if size > limit {
        return Err(Error::TooLarge { session: session.name(), size, limit });
    }
    Ok(bytes)
}

/// The record that says that a session was destroyed, or has moved.
pub fn tombstone(session: &Working, round: &Round) -> Vec<u8> {
    let now = round.now.as_secs();
    let Identity { key, destroyed, grace, .. } = &session.identity;
    let moved_to =
        (!destroyed && *grace > 0).then(|| ((**key).to_owned(), now.saturating_add((*grace).into())));
    let ended_until = Some(now.saturating_add(tombstone_lifetime(session).into()));
    record::encode(&Facts { ended_until, moved_to, ..facts(session, round) }, None, &[])
}

/// The seconds for which a tombstone is kept: through the grace of a renewal, and then as long as any.
pub fn tombstone_lifetime(session: &Working) -> u32 {
    session.settings.remember_ended.saturating_add(session.identity.grace)
}

fn facts(session: &Working, round: &Round) -> Facts {
    let earlier = session.loaded.record().map(|record| record.facts());
    let now = round.now.as_secs();
    let nonces = match earlier {
        Some(facts) => facts.nonces.with(&round.nonce),
        None => Nonces::default().with(&round.nonce),
    };
    let (created, timeout) = (earlier.map_or(now, |facts| facts.created), session.settings.timeout);
    Facts { nonces, created, saved: now, timeout, ended_until: None, moved_from: None, moved_to: None }
}
