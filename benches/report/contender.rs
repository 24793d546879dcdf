//! Measuring several things in turns.

use std::time::Duration;

use crate::spread::Samples;

/// How long and how often things are measured.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How long one round of one contender takes.
    pub round: Duration,
    /// How many rounds count.
    pub rounds: usize,
}

impl Pace {
    /// As many rounds, each of a fraction of the time: for what needs little of it.
    pub fn shorter(self, fraction: u32) -> Self {
        Self { round: self.round / fraction, ..self }
    }
}

/// One of the things that are measured in turns.
pub struct Contender<'a>(Box<dyn FnMut(Duration) -> f64 + 'a>);

impl<'a> Contender<'a> {
    /// A contender whose rounds `measure` does: it works for the time that it is given, and tells what it measured.
    pub fn new(measure: impl FnMut(Duration) -> f64 + 'a) -> Self {
        Self(Box::new(measure))
    }
}

/// Measures contenders in turns, one round of each after the other, and every other time in reverse. What slows the
/// machine down for a while then hits all of them alike. A first round of each is not counted.
///
/// Gives the samples of each contender.
pub fn in_turns(pace: Pace, mut contenders: Vec<Contender<'_>>) -> Vec<Samples> {
    let mut samples = vec![Samples(Vec::with_capacity(pace.rounds)); contenders.len()];
    for contender in &mut contenders {
        (contender.0)(pace.round);
    }
    for round in 0..pace.rounds {
        let mut turn = |(contender, samples): (&mut Contender<'_>, &mut Samples)| {
            samples.0.push((contender.0)(pace.round));
        };
        let turns = contenders.iter_mut().zip(&mut samples);
        if round % 2 == 0 { turns.for_each(&mut turn) } else { turns.rev().for_each(&mut turn) }
    }
    samples
}

/// As [`in_turns`], for contenders that are known one by one.
pub fn each_in_turns<const N: usize>(pace: Pace, contenders: [Contender<'_>; N]) -> [Samples; N] {
    let samples = in_turns(pace, contenders.into());
    samples.try_into().unwrap_or_else(|_| unreachable!("every contender has samples"))
}
