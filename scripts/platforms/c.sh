# shellcheck shell=bash
# Builds the counter in C, and installs the generator of its bindings. Part of scripts/platforms.sh.

readonly wit_bindgen_version=0.63.0

c_inputs=(examples/counter-c sdk/wit wit scripts/platforms/c.sh)

build_c() {
    local tools build=$directory/counter-c
    tools=$(target_directory)/tools
    install_wit_bindgen "$tools"
    say "building the counter in C"
    rm -rf "$build"
    make --silent --directory examples/counter-c BUILD="$build" WIT_BINDGEN="$tools/bin/wit-bindgen"
    mv "$build/counter-c.wasm" "$directory/counter-c.wasm"
}

install_wit_bindgen() {
    local tools=$1
    [ "$("$tools/bin/wit-bindgen" --version 2>/dev/null)" != "wit-bindgen-cli $wit_bindgen_version" ] || return 0
    say "installing wit-bindgen $wit_bindgen_version (a minute or two)"
    # Without optimizations: it runs for a moment.
    CARGO_PROFILE_DEV_DEBUG=false cargo install wit-bindgen-cli --version "$wit_bindgen_version" --locked --debug \
        --no-default-features --features c --root "$tools" --quiet
}
