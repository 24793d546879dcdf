#!/usr/bin/env bash
# Builds what there is in other languages than Rust into target/languages, where it also installs what that takes, in
# the versions that are locked. What is there and up to date is left alone.
#
# Usage: languages.sh [check]
#   check  builds nothing; fails if something is missing or was built from something else than there is now, and
#          prints the directory if all is well

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=scripts/languages/javascript.sh
. scripts/languages/javascript.sh
# shellcheck source=scripts/languages/python.sh
. scripts/languages/python.sh

directory=$(target_directory)/languages
readonly directory

check() {
    local advice="is missing, or was built from something else than there is now: run scripts/languages.sh"
    is_current "$directory/built-javascript.stamp" "${javascript_inputs[@]}" || fail "what is in JavaScript $advice"
    is_current "$directory/built-python.stamp" "${python_inputs[@]}" || fail "what is in Python $advice"
    printf '%s\n' "$directory"
}

# Runs `build_LANGUAGE` unless its result was built from these inputs.
build() {
    local language=$1
    shift
    is_current "$directory/built-$language.stamp" "$@" && return
    "build_$language"
    stamp "$directory/built-$language.stamp" "$@"
}

case ${1:-} in
check) check ;;
'')
    mkdir -p "$directory"
    build javascript "${javascript_inputs[@]}"
    build python "${python_inputs[@]}"
    say "what is in other languages is there"
    ;;
*) fail "usage: languages.sh [check]" ;;
esac
