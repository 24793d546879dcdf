//! What can happen next in a run, and what chooses.

use crate::random::Rng;

/// A step of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// One part of a client's request is done: a key of a read, or a write of a batch.
    Step(u8, u8),
    /// A delayed write is applied.
    Arrive(u8),
    /// The next period of time passes.
    Pass,
    /// A write is lost; it is applied and its reply is lost; its server is unreachable; it is delayed.
    Lose(u8, u8),
    LoseReply(u8, u8),
    Unreachable(u8, u8),
    Delay(u8, u8),
    /// A client's request fails as a whole: the store refuses it, or does not support it.
    Refuse(u8),
    Unsupported(u8),
    /// A client crashes.
    Crash(u8),
    /// The store loses an entry, by its position, or all of them.
    Evict(u8),
    Restart,
    /// The container is dropped on these servers, a bit each.
    Drop(u8),
}

impl Action {
    /// Whether it counts as one of the faults that a run may have.
    pub fn is_fault(self) -> bool {
        !matches!(self, Self::Step(..) | Self::Arrive(_) | Self::Pass)
    }

    /// The client that continues with it.
    pub fn client(self) -> Option<u8> {
        match self {
            Self::Step(client, _)
            | Self::Lose(client, _)
            | Self::LoseReply(client, _)
            | Self::Unreachable(client, _)
            | Self::Delay(client, _)
            | Self::Refuse(client)
            | Self::Unsupported(client) => Some(client),
            Self::Arrive(_)
            | Self::Pass
            | Self::Crash(_)
            | Self::Evict(_)
            | Self::Restart
            | Self::Drop(_) => None,
        }
    }
}

/// Chooses what happens next: the only difference between two runs of a program.
pub trait Chooser {
    /// Returns the position of one of the actions, or `None` to cut the run off. `state` returns a number
    /// that is equal for runs with the same possible continuations.
    fn choose(&mut self, actions: &[Action], state: &mut dyn FnMut() -> u64) -> Option<usize>;
}

/// Chooses at random.
pub struct Random {
    rng: Rng,
    manner: Manner,
    /// One in this number of choices is a fault, where possible.
    rarity: usize,
    last: Option<u8>,
}

/// How a random schedule prefers one client to another.
enum Manner {
    /// Not at all; a client continues with this probability, in eighths.
    Even(usize),
    /// By priorities, which change at this number of random choices.
    Priorities { priorities: [u32; 16], changes: usize },
}

impl Random {
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let manner = if rng.one_in(2) {
            Manner::Even(rng.below(8))
        } else {
            let priorities = std::array::from_fn(|_| rng.below(1000) as u32 + 1000);
            Manner::Priorities { priorities, changes: 1 + rng.below(4) }
        };
        let rarity = rng.pick(&[3, 6, 12, 24]);
        Self { rng, manner, rarity, last: None }
    }

    /// One of the positions, all with the same probability.
    fn any(&mut self, actions: &[Action], wanted: impl Fn(Action) -> bool) -> Option<usize> {
        let count = actions.iter().filter(|action| wanted(**action)).count();
        if count == 0 {
            return None;
        }
        let chosen = self.rng.below(count);
        actions
            .iter()
            .enumerate()
            .filter(|(_, action)| wanted(**action))
            .nth(chosen)
            .map(|(position, _)| position)
    }
}

impl Chooser for Random {
    fn choose(&mut self, actions: &[Action], _: &mut dyn FnMut() -> u64) -> Option<usize> {
        if actions.len() == 1 {
            return Some(0);
        }
        let faults = actions.iter().rev().take_while(|action| action.is_fault()).count();
        let chosen = if faults > 0 && (faults == actions.len() || self.rng.one_in(self.rarity)) {
            actions.len() - faults + self.rng.below(faults)
        } else {
            self.step(&actions[..actions.len() - faults])
        };
        self.last = actions[chosen].client().or(self.last);
        Some(chosen)
    }
}

impl Random {
    fn step(&mut self, actions: &[Action]) -> usize {
        let idle = |action: Action| action.client().is_none();
        let idles = actions.iter().filter(|action| idle(**action)).count();
        if idles > 0 && self.rng.one_in(if actions.contains(&Action::Pass) { 4 } else { 8 }) {
            return self.any(actions, idle).unwrap_or(0);
        }
        let client = match &mut self.manner {
            Manner::Even(stays) => {
                let stays = self.rng.below(8) < *stays;
                self.last.filter(|_| stays)
            }
            Manner::Priorities { priorities, changes } => {
                let clients = actions.iter().filter_map(|action| action.client());
                let first = clients.max_by_key(|client| priorities[usize::from(*client)]);
                if let Some(first) = first.filter(|_| *changes > 0)
                    && self.rng.one_in(6)
                {
                    *changes -= 1;
                    priorities[usize::from(first)] = *changes as u32;
                }
                first
            }
        };
        let of = |action: Action| client.is_some() && action.client() == client;
        match self.any(actions, of) {
            Some(chosen) => chosen,
            None => self.rng.below(actions.len()),
        }
    }
}

/// Repeats recorded choices, and then always chooses the first action.
pub struct Replay<'c> {
    choices: &'c [u16],
    next: usize,
}

impl<'c> Replay<'c> {
    pub fn new(choices: &'c [u16]) -> Self {
        Self { choices, next: 0 }
    }
}

impl Chooser for Replay<'_> {
    fn choose(&mut self, actions: &[Action], _: &mut dyn FnMut() -> u64) -> Option<usize> {
        let choice = self.choices.get(self.next).copied().unwrap_or(0);
        self.next += 1;
        Some(usize::from(choice) % actions.len())
    }
}

/// Choices as text: numbers with dots between, less the zeros at the end.
pub fn choices_text(choices: &[u16]) -> String {
    let end = choices.iter().rposition(|choice| *choice != 0).map_or(0, |last| last + 1);
    choices[..end].iter().map(u16::to_string).collect::<Vec<_>>().join(".")
}

/// Reads choices.
pub fn parse_choices(text: &str) -> Vec<u16> {
    text.split('.').filter(|word| !word.is_empty()).map(|word| word.parse().expect("a choice")).collect()
}
