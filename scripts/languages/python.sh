# shellcheck shell=bash
# What is built in Python. scripts/languages.sh sources it.

readonly python_tools=(examples/cart-python/requirements.txt)
# Everything that the results depend on.
readonly python_inputs=("${python_tools[@]}" examples/cart-python/src examples/cart/src/page wit sdk/wit
    scripts/languages.sh scripts/languages/python.sh)

install_python_tools() {
    local tools=$directory/python
    is_current "$tools.stamp" "${python_tools[@]}" && return
    say "installing componentize-py"
    rm -rf "$tools"
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "${python_tools[@]}"
    stamp "$tools.stamp" "${python_tools[@]}"
}

build_python() {
    install_python_tools
    say "building examples/cart-python"
    (
        cd examples/cart-python
        "$directory/python/bin/componentize-py" --quiet --wit-path ../../sdk/wit --world edge-function componentize \
            --python-path src --python-path ../cart/src --output "$directory/cart-python.wasm" app
    )
}
