//! Measuring one call.

use std::hint::black_box;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::cpu;

/// How long the calls between two reads of the processor time should take, so that reading it does not matter.
const STRETCH: Duration = Duration::from_micros(400);

/// How many times as long as asked for a measurement may take because of what it prepares.
const PATIENCE: u32 = 4;

/// The number of calls on one state, for calls that only add to it.
pub const ADDITIONS: usize = 16;

/// A call that is prepared. Makes calls so many times over, and returns their processor time.
pub struct Timed {
    run: Box<dyn FnMut(u32) -> Duration>,
    /// The calls of one time.
    calls: u32,
}

impl Timed {
    /// A call that leaves its state as it was, and is repeated on the same one.
    pub fn repeated<S: 'static, R>(state: S, call: impl Fn(&S) -> R + 'static) -> Self {
        let run =
            move |count| processor_time(|| (0..count).for_each(|_| _ = black_box(call(black_box(&state)))));
        Self { run: Box::new(run), calls: 1 }
    }

    /// A call that changes its state, or ends it. Each is made on a state of its own; neither making nor dropping the
    /// state is measured.
    pub fn once<S, R>(state: impl Fn() -> S + 'static, call: impl Fn(&mut S) -> R + 'static) -> Self {
        Self { run: Box::new(move |count| fresh(count, &state, &call)), calls: 1 }
    }

    /// A call that adds something to its state, such as one more session to `n` others. A few are made on each state,
    /// with the numbers from 0 to twice [`ADDITIONS`]; the first half only warms the caches.
    pub fn adding<S, R>(state: impl Fn() -> S + 'static, call: impl Fn(&S, usize) -> R + 'static) -> Self {
        let add = Rc::new(move |state: &S, half: usize| {
            let numbers = (0..ADDITIONS).map(|number| half * ADDITIONS + number);
            numbers.map(|number| call(state, number)).collect::<Vec<R>>()
        });
        let warm = {
            let add = Rc::clone(&add);
            move || {
                let state = state();
                let first = add(&state, 0);
                (state, first)
            }
        };
        let run = move |count| fresh(count, &warm, |(state, _)| add(state, 1));
        Self { run: Box::new(run), calls: ADDITIONS as u32 }
    }

    /// Measures for about this time. Returns the processor time of one call, in microseconds.
    pub fn microseconds(&mut self, time: Duration) -> f64 {
        let begun = Instant::now();
        let (mut count, mut calls, mut took) = (1, 0, Duration::ZERO);
        // The first times find out how many there should be at once.
        loop {
            let stretch = (self.run)(count);
            let is_late = begun.elapsed() >= time * PATIENCE;
            if stretch < STRETCH && !is_late {
                count *= 4;
                continue;
            }
            calls += count * self.calls;
            took += stretch;
            if begun.elapsed() >= time {
                return took.as_secs_f64() * 1e6 / f64::from(calls);
            }
        }
    }
}

/// The processor time of a call on each of so many states, one after the other.
fn fresh<S, R>(count: u32, state: impl Fn() -> S, call: impl Fn(&mut S) -> R) -> Duration {
    let one = |_| {
        let (mut state, mut result) = (state(), None);
        let took = processor_time(|| result = Some(call(&mut state)));
        // Dropped only now.
        black_box(&result);
        took
    };
    (0..count).map(one).sum()
}

/// The processor time of some work.
fn processor_time(work: impl FnOnce()) -> Duration {
    let before = cpu::of_this_thread();
    work();
    let after = cpu::of_this_thread();
    // What reading the processor time adds to it.
    let reading = cpu::of_this_thread() - after;
    (after - before).saturating_sub(reading)
}
