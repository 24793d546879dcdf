//! The length of random tests, and how to repeat them.

use proptest::prelude::ProptestConfig;

/// The number of random programs: `cases`, or the value of `PROPTEST_CASES`. A failure prints its seed and
/// the smallest program that fails; `PROPTEST_RNG_SEED` repeats a run.
pub fn config(cases: u32) -> ProptestConfig {
    let cases = std::env::var_os("PROPTEST_CASES").map_or(cases, |_| ProptestConfig::default().cases);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}
