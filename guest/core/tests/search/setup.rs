//! The store at the start of a run, written through the public interface.

use std::rc::Rc;
use std::time::Duration;

use lovely_session_core::{Isolation, Transaction};

use crate::client::container;
use crate::environment::Alone;
use crate::memory::Memory;
use crate::program::{Initial, KEYS, Lives, PACKAGES, Program, TRUSTED, initial_content};

/// The time of the store's clock while a program runs.
pub const NOW: Duration = Duration::from_secs(1_700_000_000);

/// The age of the sessions at the start: a store that cannot slide an expiry has them written again when they
/// are read.
const AGE: Duration = Duration::from_secs(400);

/// The time since the destroyed sessions were destroyed.
const ENDED_AGE: Duration = Duration::from_secs(10);

/// The store at the beginning.
pub fn memory(program: &Program) -> Memory {
    let begin = if program.lives == Lives::default() { NOW - AGE } else { NOW };
    let env = Rc::new(Alone::new(Memory::new(program.store, begin), 0x5e70));
    for (id, initial) in program.initial.iter().enumerate() {
        match *initial {
            Initial::Absent => {}
            Initial::Live(commits) => live(&env, program, id, commits),
            Initial::Ended => {
                live(&env, program, id, 1);
                env.memory.borrow_mut().now = begin.max(NOW - ENDED_AGE);
                let tx = Transaction::begin(Rc::clone(&env), Isolation::Serializable);
                container(&program.lives)
                    .session(&tx, TRUSTED[id])
                    .expect("a session")
                    .destroy()
                    .expect("a destroy");
                tx.commit().expect("a commit");
                env.memory.borrow_mut().now = begin;
            }
        }
    }
    let mut memory = env.memory.borrow().clone();
    memory.now = NOW;
    memory
}

/// Writes a session in this number of commits.
fn live(env: &Rc<Alone>, program: &Program, id: usize, commits: u8) {
    let content = initial_content(id);
    for commit in 1..=commits.max(1) {
        let tx = Transaction::begin(Rc::clone(env), Isolation::Serializable);
        let session = container(&program.lives).session(&tx, TRUSTED[id]).expect("a session");
        for (position, value) in content.iter().enumerate().filter(|(_, value)| **value != 0) {
            let value = if commit == commits.max(1) { *value } else { u16::from(commit) };
            let package = session.package(PACKAGES[position / KEYS.len()]).expect("a package");
            package.set(KEYS[position % KEYS.len()], &value.to_string()).expect("a set");
        }
        tx.commit().expect("a commit");
    }
}
