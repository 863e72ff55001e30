#!/usr/bin/env bash
# dashboard.sh: the dashboard of a rig with traffic, as a browser shows it, and its end.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
duet=$PWD/${DUET_BUILD:-build}/duet
work=$(mktemp -d)
rig=
trap '[ -z "$rig" ] || { kill "$rig"; wait "$rig"; } 2>/dev/null; rm -rf "$work"' EXIT

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || browser=
if [ -z "$browser" ]; then
    skip 'the dashboard in a browser' 'there is no Chromium'
    finish
    exit
fi

"$duet" local --port 0 --control-port 0 --store memory --quiet --control-ui \
    --weights lambda=75,fargate=25 --pin-secret a-secret-of-the-page >"$work/rig.log" 2>&1 &
rig=$!
wait_until 60 grep -q AWS_ENDPOINT_URL "$work/rig.log" || { cat "$work/rig.log"; echo 'not ok a rig starts'; exit 1; }
url=$(sed -n 's/.*\(http:\/\/127[0-9.:]*\) -> .*/\1/p' "$work/rig.log")
control=$(sed -n 's/.*control port \(http:\/\/127[0-9.:]*\).*/\1/p' "$work/rig.log")

timeout -k 5 300 python3 tests/support/dashboard_page.py "$browser" "$rig" "$url" "$control" "$duet" ||
    failures=$((failures + 1))
kill "$rig" 2>/dev/null # the script has done so, where it came so far
wait "$rig"
status=$?
rig=
check 'the rig ends cleanly' test "$status" -eq 0
finish
