# shellcheck shell=bash
# What is built in Python: the SDK as a wheel, and applications with it. scripts/languages.sh sources it.

readonly python_tools=(sdk/python/tools/requirements.txt)
readonly python_sdk=(sdk/python/pyproject.toml sdk/python/README.md sdk/python/LICENSE sdk/python/src wit sdk/wit)
# Everything that the results depend on.
readonly python_inputs=("${python_tools[@]}" "${python_sdk[@]}" sdk/python/tests/program examples/cart-python/src
    examples/cart/src/page scripts/languages.sh scripts/languages/python.sh)

install_python_tools() {
    local tools=$directory/python
    is_current "$tools.stamp" "${python_tools[@]}" && return
    say "installing componentize-py, and what builds and checks the SDK for Python"
    rm -rf "$tools"
    python3 -m venv "$tools"
    # Without dependencies, because all that is needed is listed.
    "$tools/bin/pip" install --quiet --disable-pip-version-check --require-hashes --no-deps -r "${python_tools[@]}"
    stamp "$tools.stamp" "${python_tools[@]}"
}

# Builds the wheel, and installs it as an application does: into an environment that has nothing else.
install_python_sdk() {
    say "building and installing the SDK for Python"
    rm -rf "$directory"/packages/lovely_session_sdk-*.whl "$directory/python-sdk"
    "$directory/python/bin/pip" wheel --quiet --disable-pip-version-check --no-build-isolation --no-deps \
        --wheel-dir "$directory/packages" sdk/python
    "$directory/python/bin/pip" install --quiet --disable-pip-version-check --no-index --no-deps --no-compile \
        --target "$directory/python-sdk/lib/site-packages" "$directory"/packages/lovely_session_sdk-*.whl
}

# Makes a component of the module `app` in a directory. More arguments are more directories of modules.
componentize_python() {
    local output=$1 search=()
    shift
    for modules in "$@"; do
        search+=(--python-path "$modules")
    done
    VIRTUAL_ENV=$directory/python-sdk "$directory/python/bin/componentize-py" --quiet componentize "${search[@]}" \
        --output "$directory/$output" app
}

build_python() {
    install_python_tools
    install_python_sdk
    say "building examples/cart-python, and the program for the tests of the SDK for Python"
    componentize_python cart-python.wasm examples/cart-python/src examples/cart/src
    componentize_python sdk-python.wasm sdk/python/tests/program
}
