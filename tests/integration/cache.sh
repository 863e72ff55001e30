#!/usr/bin/env bash
# cache.sh: pipeline/cache.sh tries a download again, never takes half of one for a whole one, and needs nobody
# for what it has.
# shellcheck disable=SC2016 # a shell of its own expands it
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export DUET_CACHE=$work/cache
# shellcheck source=pipeline/cache.sh
. pipeline/cache.sh
sleep() { command sleep 0.01; } # between tries
place=$DUET_CACHE/thing

# A download that fails so many times first; what it does is counted in $work/tries.
download() { # FAILURES
    echo try >>"$work/tries"
    echo half >"$new/file"
    [ "$(wc -l <"$work/tries")" -gt "$1" ] || { echo 'connection reset'; return 1; }
    echo whole >"$new/file"
}
begin() { rm -rf "$work/tries" "$DUET_CACHE"; }
tried() { # TIMES
    [ "$(wc -l <"$work/tries")" = "$1" ]
}
is_alone() { [ "$(ls "$DUET_CACHE")" = $'thing\nthing.lock' ]; }

begin
check 'a download that fails twice is tried thrice' cached "$place" whole download 2
check 'so many times' tried 3
check 'and all of it is there' grep -qx whole "$place/file"
check 'alone' is_alone
check 'what is there is not fetched' cached "$place" whole false
in_use() { flock "$place.lock" bash -c '. pipeline/cache.sh && cached "$0" whole false' "$place"; }
check 'nor is anybody waited for who fetches' in_use

begin
fails() { ! cached "$place" whole download 3 2>"$work/words"; }
check 'a download that fails thrice is given up' fails
check 'after three tries' tried 3
check 'each has its word' test "$(grep -c 'thing: try [123] of 3 failed: connection reset' "$work/words")" = 3
check 'and leaves nothing' test "$(ls "$DUET_CACHE")" = thing.lock

begin
mkdir -p "$place"
echo half >"$place/file"
check 'half of it, of one that was killed, is fetched anew' cached "$place" whole download 0
check 'as a whole' grep -qx whole "$place/file"

begin
at_once() {
    local i ids=()
    for i in 1 2 3 4; do
        cached "$place" whole download 0 &
        ids+=($!)
    done
    for i in "${ids[@]}"; do wait "$i" || return 1; done
}
check 'of four at once each has it' at_once
check 'and one has fetched it' tried 1

# pip itself is what such an environment has in any case.
begin
: >"$work/nothing"
check 'an environment of Python is made' cached "$place" whole venv_of "$place" -r "$work/nothing"
check 'whose programs know their place' "$place/bin/pip" --version
finish
