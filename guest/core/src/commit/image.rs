//! The record that a session becomes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::task::Round;
use crate::error::Error;
use crate::record::{self, Facts};
use crate::working::{Identity, Working};

/// Whether anything in a session differs from what was loaded.
pub fn differs(session: &Working) -> bool {
    // A package that cannot be read could not be written either: reading comes first.
    session.overlays.keys().any(|package| session.raw_view(package).is_ok_and(|view| view.differs()))
}

/// The record of a live session. Packages that are as they were loaded are copied without a look.
///
/// # Errors
/// [`Error::TooLarge`].
pub fn live(session: &Working, round: &Round, moved_from: Option<String>) -> Result<Vec<u8>, Error> {
    let mut changed = BTreeMap::new();
    for package in session.overlays.keys() {
        let view = session.raw_view(package)?;
        if view.differs() {
            changed.insert(package.as_str(), view.document());
        }
    }
    let loaded = session.loaded.record().into_iter().flat_map(|record| record.documents());
    let kept = loaded.filter(|(name, _)| !changed.contains_key(name));
    let mut packages: Vec<(&str, Cow<'_, [u8]>)> =
        kept.map(|(name, document)| (name, Cow::Borrowed(document))).collect();
    packages.extend(changed.iter_mut().filter_map(|(name, document)| Some((*name, document.take()?.into()))));
    // Two sorted runs: sorting merges them.
    packages.sort_by_key(|(name, _)| *name);
    let bytes = record::encode(Facts { moved_from, ..facts(session, round) }, &packages);
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
    let moved_to = (!destroyed && *grace > 0).then(|| (key.clone(), now.saturating_add((*grace).into())));
    let ended_until = Some(now.saturating_add(tombstone_lifetime(session).into()));
    record::encode(Facts { ended_until, moved_to, ..facts(session, round) }, &[])
}

/// The seconds for which a tombstone is kept: through the grace of a renewal, and then as long as any.
pub fn tombstone_lifetime(session: &Working) -> u32 {
    session.settings.remember_ended.saturating_add(session.identity.grace)
}

fn facts(session: &Working, round: &Round) -> Facts {
    let earlier = session.loaded.record().map(|record| record.facts());
    let now = round.now.as_secs();
    let mut facts = Facts::default();
    facts.nonces = earlier.map(|facts| facts.nonces.clone()).unwrap_or_default().with(&round.nonce);
    facts.created = earlier.map_or(now, |facts| facts.created);
    facts.saved = now;
    facts.timeout = session.settings.timeout;
    facts
}
