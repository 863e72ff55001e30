#!/usr/bin/env bash
# watch.sh: `duet local --watch` rebuilds a service when its source changes and replaces both homes,
# and no request of a client that never pauses fails meanwhile. A source that does not compile
# changes nothing.
# Under a sanitizer the tool alone is looked at: a service links the everyday library.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
duet=$PWD/${DUET_BUILD:-build}/duet
work=$(mktemp -d)
rig='' load=''
stop_all() {
    for id in $load $rig; do kill -TERM "$id" 2>/dev/null; done
    for id in $load $rig; do wait "$id" 2>/dev/null; done
    rm -rf "$work"
}
trap stop_all EXIT
unset MAKEFLAGS MAKELEVEL

check 'a service is made' "$duet" init "$work/service"
cd "$work/service" || exit 1
check 'it builds' make -s
"$duet" local --watch --port 0 --control-port 0 >"$work/rig.log" 2>&1 &
rig=$!
check 'the rig starts' wait_until 120 grep -q 'control port' "$work/rig.log"
url=$(sed -n 's/.*\(http:..127.0.0.1:[0-9]*\) ->.*/\1/p' "$work/rig.log")

# One request after the other until it is told to stop; a line for each that failed.
touch "$work/go"
hammer() {
    local n=0
    while [ -e "$work/go" ]; do
        n=$((n + 1))
        curl -sS --fail --max-time 60 "$url/hello/ada" >"$work/answer" 2>>"$work/failed" ||
            echo "request $n failed" >>"$work/failed"
        echo "$n" >"$work/count"
    done
}
hammer &
load=$!

says() { # TEXT: 20 answers in a row have it, so both homes give it
    local n
    for n in $(seq 20); do
        [ "$(curl -sS --max-time 60 "$url/hello/ada")" = "$1" ] || { echo "answer $n"; return 1; }
    done
}
check 'both homes answer' says 'Hello, ada'

sed -i 's/Hello, %/Good day, %/' service.c
check 'a change reaches both homes' wait_until 120 says 'Good day, ada'

cp service.c "$work/good.c"
echo 'this is no C' >>service.c
check 'a source that does not compile is reported' wait_until 120 grep -q 'the homes stay as they are' "$work/rig.log"
check 'and changes nothing' says 'Good day, ada'
sed 's/Good day, %/Welcome, %/' "$work/good.c" >service.c
check 'the next good one is taken' wait_until 120 says 'Welcome, ada'

enough() { [ "$(cat "$work/count")" -gt 20 ]; }
check 'there were many requests meanwhile' wait_until 60 enough
rm "$work/go"
wait "$load"
load=''
no_failures() {
    [ ! -s "$work/failed" ] || { cat "$work/failed"; tail -50 "$work/rig.log"; return 1; }
}
check 'no request failed in all that time' no_failures
kill -TERM "$rig"
wait "$rig"
status=$?
rig=''
check 'the rig ends well' [ $status -eq 0 ]
no_copies() { [ -z "$(find build -name '.*')" ]; }
check 'and leaves no copy of a program behind' no_copies
finish
