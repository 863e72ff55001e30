#!/usr/bin/env bash
# failed_init.sh: a function whose program ends at once is told of on the dashboard.
#
# Reads DUET_BUILD, the folder of the programs (build). Exit status: 0 all claims hold, 1 one does not.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
build=$PWD/${DUET_BUILD:-build}
work=$(mktemp -d)
rig=
trap '{ [ -z "$rig" ] || kill "$rig"; wait; } 2>/dev/null; rm -rf "$work"' EXIT

printf '#!/bin/sh\nexit 3\n' >"$work/bootstrap"
chmod +x "$work/bootstrap"
"$build/duet" local --port 0 --control-port 0 --store memory --weights lambda=1 --bootstrap "$work/bootstrap" \
    --server "$build/server" >"$work/rig.log" 2>&1 &
rig=$!
wait_until 60 grep -q 'Ctrl-C' "$work/rig.log" || { cat "$work/rig.log"; echo 'not ok a rig starts'; exit 1; }
url=$(sed -n 's/.*\(http:\/\/127[0-9.:]*\) -> .*/\1/p' "$work/rig.log")
control=$(sed -n 's/.*control port \(http:\/\/127[0-9.:]*\).*/\1/p' "$work/rig.log")

answers_502() { [ "$(curl -sS --max-time 60 -o "$work/answer" -w '%{http_code}' "$url/hello")" = 502 ]; }
tells() { # the stream does not end by itself, so it is read for a while
    curl -sSN --max-time 2 "$control/events" 2>/dev/null | grep -qE 'duet-local:1: (an init|[0-9]+ inits) failed'
}
check 'its caller gets 502' answers_502
check 'the dashboard tells of the failed init' wait_until 60 tells
finish
