#!/usr/bin/env bash
# Builds the fuzz targets and runs each.
#
# Usage: fuzz.sh [SECONDS | check]
#   SECONDS  for so long (60 unless given)
#   check    checks the targets like any code, and runs each on its seeds and a thousand inputs more
#
# This takes neither cargo-fuzz nor a nightly compiler: rustc's stable options are enough for the coverage that
# libFuzzer steers by. What only nightly has, the address sanitizer, has nothing to find in safe code.

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

readonly few_inputs=1000
readonly most_bytes=1024
# No input may take longer, in seconds, or more memory, in MiB.
readonly input_seconds=10
readonly memory=1024

length=${1:-60}
case $length in
check) ;;
'' | *[!0-9]*) fail "how many seconds? '$length' is no whole number" ;;
esac

target_directory=$(target_directory)
# With a target named, the options below are not for build scripts and macros.
target=$(rustc --version --verbose | sed -n 's/^host: //p')
coverage="--cfg fuzzing -Cpasses=sancov-module"
for option in level=4 inline-8bit-counters pc-table trace-compares; do
    coverage+=" -Cllvm-args=-sanitizer-coverage-$option"
done
fuzz_crate=(--manifest-path guest/core/fuzz/Cargo.toml)
build_options=("${fuzz_crate[@]}" --target-dir "$target_directory" --target "$target" --locked)

# Runs one target. What it finds worth keeping goes to its corpus, for the next run to start from.
run() {
    local name=$1 program=$target_directory/$target/debug/$1
    local corpora=("$target_directory/fuzz/$name")
    local options=(-verbosity=0 -print_funcs=0 -print_final_stats=1)
    options+=("-artifact_prefix=$target_directory/fuzz/$name-")
    options+=("-max_len=$most_bytes" -len_control=0 "-timeout=$input_seconds" "-rss_limit_mb=$memory")
    mkdir -p "${corpora[@]}"
    [ ! -d "guest/core/fuzz/seeds/$name" ] || corpora+=("guest/core/fuzz/seeds/$name")
    [ ! -f "guest/core/fuzz/$name.dict" ] || options+=("-dict=guest/core/fuzz/$name.dict")
    if [ "$length" = check ]; then
        options+=("-runs=$few_inputs")
    else
        options+=("-max_total_time=$length")
    fi
    # It ends with the byte strings that it found useful, which help nobody here.
    "$program" "${options[@]}" "${corpora[@]}" 2>&1 | sed '/ # Uses: /d' ||
        fail "$name found an input that fails; '$program FILE', with the file named above, shows it again"
}

if [ "$length" = check ]; then
    cargo fmt "${fuzz_crate[@]}" --check
    RUSTFLAGS=$coverage cargo clippy "${build_options[@]}" -- --deny warnings
fi
RUSTFLAGS=$coverage cargo build "${build_options[@]}"

for name in records programs; do
    say "fuzzing $name"
    run "$name"
done
