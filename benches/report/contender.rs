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
    /// This pace.
    pub fn same(self) -> Self {
        self
    }

    /// As many rounds, each of a fraction of the time: for what needs little of it.
    pub fn shorter(self, fraction: u32) -> Self {
        Self { round: self.round / fraction, ..self }
    }

    /// Half as many rounds, each four times as long: for what a short round does not show.
    pub fn longer(self) -> Self {
        Self { round: self.round * 4, rounds: self.rounds.div_ceil(2) }
    }
}

/// One of the things that are measured in turns: a round of it comes to an `M`.
pub struct Contender<'a, M = f64>(Box<dyn FnMut(Duration) -> M + 'a>);

impl<'a, M> Contender<'a, M> {
    /// A contender whose rounds `measure` does: it works for the time that it is given, and tells what it measured.
    pub fn new(measure: impl FnMut(Duration) -> M + 'a) -> Self {
        Self(Box::new(measure))
    }
}

/// Measures contenders in turns, one round of each after the other, and every other time in reverse. What slows the
/// machine down for a while then hits all of them alike. A first round of each is not counted.
///
/// Gives what each contender measured, round by round.
pub fn rounds_in_turns<M>(pace: Pace, mut contenders: Vec<Contender<'_, M>>) -> Vec<Vec<M>> {
    let mut measured: Vec<Vec<M>> = contenders.iter().map(|_| Vec::with_capacity(pace.rounds)).collect();
    for contender in &mut contenders {
        (contender.0)(pace.round);
    }
    for round in 0..pace.rounds {
        let mut turn = |(contender, measured): (&mut Contender<'_, M>, &mut Vec<M>)| {
            measured.push((contender.0)(pace.round));
        };
        let turns = contenders.iter_mut().zip(&mut measured);
        if round % 2 == 0 { turns.for_each(&mut turn) } else { turns.rev().for_each(&mut turn) }
    }
    measured
}

/// As [`rounds_in_turns`], for contenders whose rounds come to a number.
pub fn in_turns(pace: Pace, contenders: Vec<Contender<'_>>) -> Vec<Samples> {
    rounds_in_turns(pace, contenders).into_iter().map(Samples).collect()
}

/// As [`in_turns`], for contenders that are known one by one.
pub fn each_in_turns<const N: usize>(pace: Pace, contenders: [Contender<'_>; N]) -> [Samples; N] {
    let samples = in_turns(pace, contenders.into());
    samples.try_into().unwrap_or_else(|_| unreachable!("every contender has samples"))
}
