#!/usr/bin/env bash
# Runs the tests of the SDK for JavaScript that need no component: units, and programs that must or must not compile.
# scripts/languages.sh installs what they take.

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

directory=$(scripts/languages.sh check)/javascript
say "the SDK for JavaScript"
cd "$directory/work/sdk/javascript"
PATH=$directory/node_modules/.bin:$PATH npm test --silent
