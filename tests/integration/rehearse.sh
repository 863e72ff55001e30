#!/usr/bin/env bash
# rehearse.sh: a release from end to end on this machine, in its short form (pipeline/rehearse.sh).
#
# The builds of the rehearsal are made from the plain one, so the sanitizers' runs pass it over.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
claim='a good build is promoted, a broken one rolled back, and no request is lost'
if [ "${DUET_BUILD:-build}" != build ]; then
    echo "skip $claim: it is of the plain build"
    exit
fi
out=$(SHORT=1 pipeline/rehearse.sh 2>&1)
status=$?
if [ $status -eq 77 ]; then
    skip "$claim" "$(tail -n 1 <<<"$out")"
else
    check "$claim" bash -c "printf '%s\n' \"\$1\"; [ $status -eq 0 ]" - "$out"
    # shellcheck disable=SC2016 # the shell of the claim expands it
    check 'its last line is the summary' \
        bash -c '[[ $1 =~ ^"rehearsal: "[^\ ]*-good\ promoted,\ [^\ ]*-broken\ rolled\ back.*failed=0\;\ Fargate\ ran\ [a-z]+$ ]]' - "$(tail -n 1 <<<"$out")"
    pictures() { # of the page that are there: two homes of the good build, one of the broken one
        (cd build/rehearsal && sed -n 's/.*img src="\([^"]*\)".*/\1/p' report.html | xargs ls)
    }
    check 'it leaves a page with the pictures of all canaries' test "$(pictures | wc -l)" = 3
    claim='the Fargate home ran the image that was pushed, by its digest'
    if why=$(sed -n 's/.*the Fargate home runs a process: //p' <<<"$out") && [ -n "$why" ]; then
        skip "$claim" "$why"
    else
        check "$claim" grep -Eq '"image": "127.0.0.1:[0-9]+/duet@sha256:[0-9a-f]{64}"' build/rehearsal/good-fargate.json
    fi
fi
finish
