#!/usr/bin/env bash
# Builds the carts in other languages than Rust into target/languages, where it also installs what that takes, in the
# versions that the examples lock. What is there and up to date is left alone.
#
# Usage: languages.sh [check]
#   check  builds nothing; fails if a component is missing or built from something else than there is now, and
#          prints the directory of the components if all is well

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

directory=$(target_directory)/languages
readonly directory

# What the tools of each language are installed from, and what each component is built from.
readonly javascript_tools=(examples/cart-js/package.json examples/cart-js/package-lock.json)
readonly python_tools=(examples/cart-python/requirements.txt)
readonly shared=(wit examples/wit examples/cart/src/page scripts/languages.sh)
readonly javascript=("${javascript_tools[@]}" examples/cart-js/src "${shared[@]}")
readonly python=("${python_tools[@]}" examples/cart-python/src "${shared[@]}")

install_for_javascript() {
    local tools=$directory/javascript
    is_current "$tools.stamp" "${javascript_tools[@]}" && return
    say "installing componentize-js and esbuild"
    rm -rf "$tools"
    mkdir -p "$tools"
    cp "${javascript_tools[@]}" "$tools"
    (cd "$tools" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
    stamp "$tools.stamp" "${javascript_tools[@]}"
}

install_for_python() {
    local tools=$directory/python
    is_current "$tools.stamp" "${python_tools[@]}" && return
    say "installing componentize-py"
    rm -rf "$tools"
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "${python_tools[@]}"
    stamp "$tools.stamp" "${python_tools[@]}"
}

build_javascript() {
    install_for_javascript
    say "building examples/cart-js"
    (cd examples/cart-js && PATH=$directory/javascript/node_modules/.bin:$PATH OUT=$directory npm run --silent build)
    stamp "$directory/cart-js.stamp" "${javascript[@]}"
}

build_python() {
    install_for_python
    say "building examples/cart-python"
    (
        cd examples/cart-python
        "$directory/python/bin/componentize-py" --quiet --wit-path ../wit --world cart componentize \
            --python-path src --python-path ../cart/src --output "$directory/cart-python.wasm" app
    )
    stamp "$directory/cart-python.stamp" "${python[@]}"
}

check() {
    local advice="is missing, or was built from something else than there is now: run scripts/languages.sh"
    is_current "$directory/cart-js.stamp" "${javascript[@]}" || fail "the component of examples/cart-js $advice"
    is_current "$directory/cart-python.stamp" "${python[@]}" || fail "the component of examples/cart-python $advice"
    printf '%s\n' "$directory"
}

case ${1:-} in
check) check ;;
'')
    mkdir -p "$directory"
    is_current "$directory/cart-js.stamp" "${javascript[@]}" || build_javascript
    is_current "$directory/cart-python.stamp" "${python[@]}" || build_python
    say "the carts in other languages are there"
    ;;
*) fail "usage: languages.sh [check]" ;;
esac
