//! How long the random tests search, and how they are repeated.

use proptest::prelude::ProptestConfig;

/// How many random programs are tried: so many, or as many as `PROPTEST_CASES` says. A failure prints its seed
/// and the smallest program that fails; `PROPTEST_RNG_SEED` repeats a run.
pub fn config(cases: u32) -> ProptestConfig {
    let cases = std::env::var_os("PROPTEST_CASES").map_or(cases, |_| ProptestConfig::default().cases);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}
