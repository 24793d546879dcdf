# shellcheck shell=bash
# What is built in JavaScript. scripts/languages.sh sources it.

readonly javascript_tools=(examples/cart-js/package.json examples/cart-js/package-lock.json)
# Everything that the results depend on.
readonly javascript_inputs=("${javascript_tools[@]}" examples/cart-js/src examples/cart/src/page wit sdk/wit
    scripts/languages.sh scripts/languages/javascript.sh)

install_javascript_tools() {
    local tools=$directory/javascript
    is_current "$tools.stamp" "${javascript_tools[@]}" && return
    say "installing componentize-js and esbuild"
    rm -rf "$tools"
    mkdir -p "$tools"
    cp "${javascript_tools[@]}" "$tools"
    (cd "$tools" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
    stamp "$tools.stamp" "${javascript_tools[@]}"
}

build_javascript() {
    install_javascript_tools
    say "building examples/cart-js"
    (cd examples/cart-js && PATH=$directory/javascript/node_modules/.bin:$PATH OUT=$directory npm run --silent build)
}
