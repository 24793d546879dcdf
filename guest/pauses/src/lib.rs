//! The pauses before a retry after lost races.
//!
//! A race is lost when a compare-and-swap fails because another write was faster. Clients that retry at once collide
//! again, and the more of them there are, the less work gets done. With a random pause whose limit doubles with each race
//! lost in a row, the retries spread out until about one client works at a time.
//!
//! The SDK pauses before it runs a transaction again, and the store component for memcached before it reads a key again
//! that it failed to write. This crate only computes the pauses: it has no clock and no randomness of its own.

#![no_std]

use core::time::Duration;

/// The limit of the first pause: about the duration of a transaction on a store in the same network.
const FIRST: Duration = Duration::from_millis(2);

/// The maximum length of a pause.
pub const LONGEST: Duration = Duration::from_millis(250);

/// Returns the pause after `lost` races in a row. `random` returns a uniformly distributed number; it is called only if
/// there is a pause.
///
/// After the first lost race the pause is zero: most sessions have at most two concurrent requests, and on a host with
/// turns the request that retries has the turn. After the second, the pause is between zero and 2 ms. Each further race
/// doubles this limit, up to [`LONGEST`].
///
/// ```
/// use lovely_session_pauses::{LONGEST, pause_after};
///
/// assert!(pause_after(1, || u64::MAX).is_zero());
/// assert!(pause_after(2, || u64::MAX) < pause_after(3, || u64::MAX));
/// assert!(pause_after(100, || u64::MAX) < LONGEST);
/// ```
pub fn pause_after(lost: u32, random: impl FnOnce() -> u64) -> Duration {
    let Some(doublings) = lost.checked_sub(2) else { return Duration::ZERO };
    let limit = FIRST.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST);
    // The limit has less than 64 bits, so the product fits 128 bits, and its upper half is below the limit.
    let nanoseconds = (limit.as_nanos() * u128::from(random())) >> u64::BITS;
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn longest_after(lost: u32) -> Duration {
        pause_after(lost, || u64::MAX)
    }

    #[test]
    fn the_first_retry_is_immediate_and_needs_no_randomness() {
        for lost in [0, 1] {
            assert_eq!(pause_after(lost, || panic!("there is no pause")), Duration::ZERO);
        }
    }

    #[test]
    fn each_further_race_doubles_the_limit_up_to_the_longest_pause() {
        let limits = [2, 4, 8, 16, 32, 64, 128, 250, 250];
        for (lost, limit) in (2..).zip(limits) {
            let limit = Duration::from_millis(limit);
            let longest = longest_after(lost);
            assert!(longest < limit && limit - longest <= Duration::from_nanos(1), "{lost}: {longest:?}");
        }
    }

    #[test]
    fn the_limit_stays_the_same_after_any_number_of_further_races() {
        for lost in [34, 35, u32::MAX] {
            assert_eq!(longest_after(lost), longest_after(9));
        }
    }

    #[test]
    fn the_random_number_decides_the_length() {
        assert_eq!(pause_after(9, || 0), Duration::ZERO);
        assert_eq!(pause_after(9, || u64::MAX / 2 + 1), LONGEST / 2);
    }
}
