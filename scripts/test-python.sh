#!/usr/bin/env bash
# Tests the SDK for Python outside of components: its unit tests, its types with two type checkers, and the types of the
# applications in Python. The tests of the workspace run the components. scripts/languages.sh installs what this takes.
#
# Usage: test-python.sh

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

tools=$(target_directory)/languages/python
readonly tools
[ -x "$tools/bin/python" ] || fail "the tools for Python are missing: run scripts/languages.sh"

# Nothing is left beside the sources.
export PYTHONPATH=sdk/python/src PYTHONDONTWRITEBYTECODE=1 MYPY_CACHE_DIR=/dev/null

say "the unit tests of the SDK for Python"
"$tools/bin/python" -W error -m unittest discover --quiet --start-directory sdk/python/tests/unit

say "the types of the SDK for Python"
bindings=$(mktemp -d)
trap 'rm -rf "$bindings"' EXIT
"$tools/bin/componentize-py" --quiet --wit-path sdk/wit --world edge-function bindings "$bindings"
"$tools/bin/python" sdk/python/tests/typing/check.py "$bindings"

say "the types of the applications in Python"
# Components have this version inside.
check_application() {
    MYPYPATH=$(IFS=:; printf '%s' "sdk/python/src:$*") \
        "$tools/bin/mypy" --strict --python-version 3.14 --no-error-summary "$1"
}
check_application examples/cart-python/src examples/cart/src
check_application sdk/python/tests/program
check_application cli/templates/python
