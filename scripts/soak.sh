#!/usr/bin/env bash
# Runs the random tests for longer than `make test` does: each of the fault and history tests for so many
# seconds (900 unless given), the search over schedules of the core as well, the random programs of the core a
# hundred times as often, and each fuzz target for a minute.
#
# Usage: soak.sh [SECONDS]

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

seconds=${1:-900}
case $seconds in
'' | *[!0-9]*) fail "how many seconds? '$seconds' is no whole number" ;;
esac

scripts/setup.sh test --check

say "building the tests"
cargo build --workspace --bins --tests --locked

say "random programs on the core"
PROPTEST_CASES=60000 cargo test --workspace --locked --test behaviour -- programs

say "schedules of the core, at random for $seconds s, and every one of pairs of transactions"
SEARCH_SECONDS=$seconds SEARCH_STEPS=24 cargo test --locked --package lovely-session-core --test search -- --include-ignored --nocapture \
    random_schedules every_schedule_of_two every_schedule_of_what every_schedule_of_a_late

scripts/fuzz.sh 60

say "faults and histories on real memcached servers, $seconds s"
LOVELY_SOAK_SECONDS=$seconds cargo test --workspace --locked --test suite -- --nocapture --test-threads 16 faults histories
