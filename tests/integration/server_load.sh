#!/usr/bin/env bash
# server_load.sh: servers are replaced one after the other under load, and no request fails: 100,000
# requests, under a sanitizer 20,000, since each server takes a second to start there. A million are
# sent by `make bench`.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
build=${DUET_BUILD:-build}
requests=100000
case $build in */asan | */tsan) requests=20000 ;; esac

no_request_fails() {
    local out
    out=$(timeout 300 "$build/tests/rolling" "$build/server" "$requests" 10)
    echo "$out"
    [[ $out =~ ^requests=[0-9]+\ failed=0\ replacements=[0-9]+\ bad_ends=0$ ]]
}

check 'servers are replaced under load, and no request fails' no_request_fails
finish
