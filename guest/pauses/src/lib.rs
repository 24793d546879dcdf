//! How long to pause before what lost a race is tried again.
//!
//! Contenders that try again at once meet each other again, and the more of them there are, the less work gets done.
//! With a random pause that doubles with each race lost in a row, they spread out until about one of them is at work at
//! a time.
//!
//! The SDK (between runs of a transaction) and the store component for memcached (before it reads again what it failed to
//! write) share this schedule. It has no clock and no randomness of its own.

#![no_std]

use core::time::Duration;

/// The limit of the first pause. One run over a store in the same network takes about as long.
const FIRST: Duration = Duration::from_millis(2);

/// No pause is longer than this.
pub const LONGEST: Duration = Duration::from_millis(250);

/// How long to pause after `lost` races in a row. `random` gives a number from all of `u64`; it is called only if there
/// is a pause.
///
/// After the first lost race the pause is zero: most sessions have two contenders at most, and a host that serves
/// requests for one session in turn has given the turn to the one that tries again. After the second, the pause is
/// anything below 2 ms, and each further one doubles the limit, up to [`LONGEST`].
pub fn pause_after(lost: u32, random: impl FnOnce() -> u64) -> Duration {
    let Some(doublings) = lost.checked_sub(2) else { return Duration::ZERO };
    let limit = FIRST.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST);
    // The limit has less than 64 bits, so the product fits, and its upper half is below the limit.
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
    fn who_lost_one_race_tries_again_at_once_and_takes_no_chance() {
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
    fn the_longest_pause_stays_the_longest_however_many_races_are_lost() {
        for lost in [34, 35, u32::MAX] {
            assert_eq!(longest_after(lost), longest_after(9));
        }
    }

    #[test]
    fn a_pause_is_as_long_as_chance_has_it() {
        assert_eq!(pause_after(9, || 0), Duration::ZERO);
        assert_eq!(pause_after(9, || u64::MAX / 2 + 1), LONGEST / 2);
    }
}
