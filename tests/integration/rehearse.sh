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
        bash -c '[[ $1 =~ ^"rehearsal: "[^\ ]*-good\ promoted,\ [^\ ]*-broken\ rolled\ back.*failed=0$ ]]' - "$(tail -n 1 <<<"$out")"
    check 'it leaves a report' test -s build/rehearsal/good-canary/lambda.md
fi
finish
