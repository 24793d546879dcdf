//! A reader of all sessions after the end of a run, alone and without faults.

use std::rc::Rc;

use lovely_session_core::{Container, Error, Isolation, Transaction};

use crate::client::{container, entries};
use crate::environment::Alone;
use crate::history::View;
use crate::memory::Memory;
use crate::program::{KEYS, Lives, PACKAGES, PLACES};

/// Reads every id. Reading may write.
pub fn look(lives: &Lives, memory: &mut Memory, ids: &[Option<Rc<str>>]) -> Vec<View> {
    let env = Rc::new(Alone::new(memory.clone(), 0x9ead));
    let container = container(lives);
    let read = |id: &Option<Rc<str>>| id.as_ref().map_or(View::Nothing, |id| view(&env, &container, id));
    let views = ids.iter().map(read).collect();
    memory.clone_from(&env.memory.borrow());
    views
}

fn view(env: &Rc<Alone>, container: &Container, id: &str) -> View {
    let tx = Transaction::begin(Rc::clone(env), Isolation::Serializable);
    let session = match container.resume(&tx, id) {
        Ok(Some(session)) => session,
        Ok(None) => return View::Nothing,
        Err(Error::Ended(_)) => return View::Ended,
        Err(_) => return View::Broken,
    };
    let mut content = [0; PLACES];
    let mut names = Vec::new();
    for (package, name) in PACKAGES.iter().enumerate() {
        let Ok(values) = entries(&session, package) else { return View::Broken };
        content[package * KEYS.len()..][..KEYS.len()].copy_from_slice(&values);
        if values.iter().any(|value| *value != 0) {
            names.push((*name).to_owned());
        }
    }
    let is_whole = session.packages().is_ok_and(|found| found == names);
    if is_whole && tx.commit().is_ok() { View::Live(content) } else { View::Broken }
}
