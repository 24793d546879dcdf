//! Finds the session of a transaction that has a life: a session whose id was renewed can be requested under
//! several ids, and stays one session.

use alloc::string::String;

use crate::joined::JoinedSession;
use crate::ordered::Ordered;
use crate::record::Life;

/// Up to this number of sessions, all are compared.
const INDEX_FROM: usize = 8;

/// An index of sessions by their containers and lives, once there are many.
#[derive(Debug, Default)]
pub struct Lives {
    by_name: Ordered<usize>,
    /// The number of sessions that were examined. The others are added before the next search.
    examined: usize,
}

impl Lives {
    /// Returns the index of the session of a container with this life. `sessions` are those of the
    /// transaction, in the order in which they joined.
    pub fn find(&mut self, sessions: &[JoinedSession], container: &str, life: &Life) -> Option<usize> {
        let is_it = |session: &&JoinedSession| {
            session.settings.name == container && life_of(session).is_some_and(|found| found == life)
        };
        if sessions.len() <= INDEX_FROM {
            return sessions.iter().find(is_it).map(|session| session.index);
        }
        for session in sessions.iter().skip(self.examined) {
            self.add(sessions, session);
        }
        self.examined = sessions.len();
        let index = *self.by_name.get(&name(container, life))?;
        sessions.get(index).filter(is_it).map(|session| session.index)
    }

    fn add(&mut self, sessions: &[JoinedSession], session: &JoinedSession) {
        let Some(life) = life_of(session) else { return };
        let name = name(&session.settings.name, life);
        let Some(position) = self.by_name.position(&name) else {
            self.by_name.add(name.into(), session.index);
            return;
        };
        // A session that was restarted has lost its life.
        if let Some(known) = self.by_name.at(position)
            && sessions.get(*known).is_none_or(|known| life_of(known) != Some(life))
        {
            *known = session.index;
        }
    }
}

fn life_of(session: &JoinedSession) -> Option<&Life> {
    session.loaded_record().map(|record| &record.header().life)
}

/// All lives have the same length, so different pairs have different names.
fn name(container: &str, life: &Life) -> String {
    [life.as_str(), container].concat()
}
