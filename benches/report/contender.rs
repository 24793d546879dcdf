//! Measures several things alternately.

use std::time::Duration;

use crate::spread::Samples;

/// The number of short turns of a round.
pub const SHORT_TURNS: usize = 20;

/// The duration and the number of rounds.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The duration of one round of one contender.
    pub round: Duration,
    /// The number of rounds.
    pub rounds: usize,
}

impl Pace {
    /// This pace.
    pub fn same(self) -> Self {
        self
    }

    /// The same number of rounds, each with a fraction of the duration, for short measurements.
    pub fn shorter(self, fraction: u32) -> Self {
        Self { round: self.round / fraction, ..self }
    }

    /// Half as many rounds, each four times as long, for effects that a short round does not show.
    pub fn longer(self) -> Self {
        Self { round: self.round * 4, rounds: self.rounds.div_ceil(2) }
    }
}

/// One of the things that are measured alternately. The result of a round is an `M`.
pub struct Contender<'a, M = f64>(Box<dyn FnMut(Duration) -> M + 'a>);

impl<'a, M> Contender<'a, M> {
    /// A contender whose rounds `measure` runs, for the given duration.
    pub fn new(measure: impl FnMut(Duration) -> M + 'a) -> Self {
        Self(Box::new(measure))
    }
}

/// Measures contenders alternately, one round of each after the other, and every other time in reverse order, so that
/// temporary load on the machine affects all of them. A first round of each is not counted.
///
/// Returns the results of each contender, round by round.
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

/// The same as [`rounds_in_turns`], for contenders with numbers as results.
pub fn in_turns(pace: Pace, contenders: Vec<Contender<'_>>) -> Vec<Samples> {
    rounds_in_turns(pace, contenders).into_iter().map(Samples).collect()
}

/// The same as [`each_in_turns`], but each round consists of [`SHORT_TURNS`] of each contender, so that neighbouring ones
/// have had the same load of the machine, and the same processors. Returns the results of all short turns.
pub fn each_in_short_turns<const N: usize>(pace: Pace, contenders: [Contender<'_>; N]) -> [Samples; N] {
    let short = Pace { round: pace.round / SHORT_TURNS as u32, rounds: pace.rounds * SHORT_TURNS };
    each_in_turns(short, contenders)
}

/// The same as [`in_turns`], for a fixed number of contenders.
pub fn each_in_turns<const N: usize>(pace: Pace, contenders: [Contender<'_>; N]) -> [Samples; N] {
    let samples = in_turns(pace, contenders.into());
    samples.try_into().unwrap_or_else(|_| unreachable!("every contender has samples"))
}
