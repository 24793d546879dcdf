# shellcheck shell=bash
# What is built in JavaScript. scripts/languages.sh sources it.
#
# The tools are those of the SDK, in target/languages/javascript/node_modules. The SDK is built and packed from a copy in
# target/languages/javascript/work, and everything else uses the packed file, as an application outside would.

readonly javascript_tools=(sdk/javascript/package.json sdk/javascript/package-lock.json)
readonly javascript_sdk=("${javascript_tools[@]}" sdk/javascript/tsconfig.json sdk/javascript/README.md
    sdk/javascript/src sdk/javascript/test LICENSE)
# Everything that the results depend on.
readonly javascript_inputs=("${javascript_sdk[@]}" examples/cart-js/package.json examples/cart-js/src
    examples/cart/src/page wit sdk/wit scripts/languages.sh scripts/languages/javascript.sh)

install_javascript_tools() {
    local tools=$directory/javascript
    is_current "$tools.stamp" "${javascript_tools[@]}" && return
    say "installing componentize-js, esbuild, TypeScript and Hono"
    rm -rf "$tools"
    mkdir -p "$tools"
    cp "${javascript_tools[@]}" "$tools"
    (cd "$tools" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
    stamp "$tools.stamp" "${javascript_tools[@]}"
}

# Copies what is built. Symbolic links become what they point to.
copy_javascript_sources() {
    local work=$1
    rm -rf "$work"
    mkdir -p "$work/sdk/javascript" "$work/examples/cart-js" "$work/examples/cart/src"
    cp -RL "${javascript_sdk[@]}" "$work/sdk/javascript"
    cp -RL sdk/wit "$work/sdk/wit"
    cp -R sdk/javascript/test/program sdk/javascript/test/hono "$work"
    cp -R examples/cart-js/package.json examples/cart-js/src "$work/examples/cart-js"
    cp -R examples/cart/src/page "$work/examples/cart/src"
    ln -s ../../../node_modules "$work/examples/cart-js/node_modules"
    # The directory above is that of the SDK's package.json, which would make its name mean itself.
    printf '{ "private": true, "type": "module" }\n' >"$work/package.json"
}

# Packs the SDK, and installs the packed file.
pack_javascript_sdk() {
    local work=$1 packages=$directory/packages installed=$directory/javascript/node_modules/lovely-session
    mkdir -p "$packages"
    rm -f "$packages"/lovely-session-*.tgz
    (cd "$work/sdk/javascript" && npm pack --silent --pack-destination "$packages" >/dev/null)
    rm -rf "$installed"
    mkdir -p "$installed"
    tar -xzf "$packages"/lovely-session-*.tgz -C "$installed" --strip-components=1
}

# Makes a component of a program of the SDK's tests.
build_javascript_program() {
    local program=$1 name=$2
    esbuild "$program/app.js" --bundle --format=esm --target=es2024 '--external:lovely:*' --log-level=warning \
        --outfile="$directory/$name.js"
    componentize-js "$directory/$name.js" --wit "$directory/javascript/node_modules/lovely-session/wit" \
        --world-name edge-function --out "$directory/$name.wasm"
}

build_javascript() {
    install_javascript_tools
    local work=$directory/javascript/work
    copy_javascript_sources "$work"
    (
        PATH=$directory/javascript/node_modules/.bin:$PATH
        say "building and packing sdk/javascript"
        pack_javascript_sdk "$work"
        say "building examples/cart-js and the programs of the SDK's tests"
        build_javascript_program "$work/program" sdk-javascript &
        local program=$!
        build_javascript_program "$work/hono" hono-javascript
        wait "$program"
        (cd "$work/examples/cart-js" && OUT=$directory npm run --silent build)
    )
}
