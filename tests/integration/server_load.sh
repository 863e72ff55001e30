#!/usr/bin/env bash
# server_load.sh: servers are replaced one after the other under load, and no request fails: 100,000
# requests, under a sanitizer 20,000, since each server takes a second to start there; a million are
# sent by `make bench`. And a mixed load, good, bad, cut off and slow, harms no good request.
# MIXED_SECONDS=1800 has that last for half an hour.
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

mixed_load_harms_nobody() {
    local server port out status
    PORT=0 DUET_BIND=127.0.0.1 DUET_STORE=memory DUET_ACCESS_LOG=off DUET_METRICS=off \
        DUET_LAME_DUCK_S=0 DUET_READ_TIMEOUT_S=3 DUET_WRITE_TIMEOUT_S=3 \
        "$build/server" >"$work/log" 2>&1 &
    server=$!
    wait_until 30 grep -q '"message":"listening"' "$work/log"
    port=$(sed -n 's/.*"message":"listening".*"port":\([0-9]*\).*/\1/p' "$work/log")
    out=$("$build/tests/mixed_load" "$port" "${MIXED_SECONDS:-7}" 8 8 200 2>&1)
    kill -TERM "$server"
    wait "$server"
    status=$?
    printf '%s\n%s\nserver ended with %d\n' "$(head -c 4000 "$work/log")" "$out" $status
    [ $status -eq 0 ] && [[ $out =~ ^good=[1-9][0-9]*\ wrong=0\ bad=[1-9][0-9]*\ slow=[1-9][0-9]*\ ended=[1-9] ]]
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
check 'servers are replaced under load, and no request fails' no_request_fails
check 'a mixed load harms no good request' mixed_load_harms_nobody
finish
