#!/usr/bin/env bash
# Serves a cart in a session of another library on 127.0.0.1, until standard input ends.
#
# Usage: serve.sh axum|express|django|php MEMCACHED PORT

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export MEMCACHED=$2
readonly port=$3

axum() {
    axum/build/release/site "$MEMCACHED" "$port" &
}

express() {
    node express/site.js "$MEMCACHED" "$port" &
}

django() {
    python/venv/bin/gunicorn --chdir python --bind "127.0.0.1:$port" --log-level warning \
        --worker-class gthread --workers 2 --threads 32 --keep-alive 3600 --graceful-timeout 1 \
        django_site:application &
}

# The first file of a name that was unpacked here or is installed.
find_file() {
    find unpacked "$1" -path "*$1/*" -name "$2" -print -quit
}

php() {
    cd php
    local options=(-d "zend_extension=$(find_file /usr/lib/php opcache.so)")
    for extension in igbinary msgpack memcached; do
        options+=(-d "extension=$(find_file /usr/lib/php "$extension.so")")
    done
    mkdir -p run
    rm -f run/php-fpm.sock
    sed "s|@PORT@|$port|; s|@DIRECTORY@|$PWD|" nginx.conf >run/nginx.conf
    LD_LIBRARY_PATH=$(echo "$PWD"/unpacked/usr/lib/*-linux-gnu)
    export LD_LIBRARY_PATH
    "$(find_file /usr/sbin 'php-fpm*')" --allow-to-run-as-root --prefix "$PWD" \
        --no-php-ini -c php.ini "${options[@]}" --fpm-config php-fpm.conf &
    until [ -S run/php-fpm.sock ]; do
        kill -0 $!
        sleep 0.02
    done
    "$(find_file /usr/sbin nginx)" -e stderr -p "$PWD" -c run/nginx.conf &
}

# Those that have ended already cannot be killed, which is as well.
trap 'kill $(jobs -p) || true; wait' EXIT
"$1"
cat >/dev/null
