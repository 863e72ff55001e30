#!/usr/bin/env bash
# bench.sh: the yardstick of `make bench` measures what it says, with the reference and with Duet, and
# takes no wrong answer for a right one. The figures themselves are nobody's claim here.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
build=${DUET_BUILD:-build}
export DUET_STORE=memory AWS_LAMBDA_FUNCTION_NAME=hello

measures() { # PROGRAM: all four figures come, none of them zero
    local out
    out=$(timeout 300 "$build/bench/runtime_api" 50 tests/bench/event.json "$1" 2>/dev/null | tail -n 1)
    echo "$out"
    [[ $out =~ ^start_us=[0-9.]*[1-9].*\ wall_us=[0-9.]*[1-9].*\ cycle_us=[0-9.]*[1-9].*\ cpu_us=[0-9.]*[1-9] ]]
}

refuses() { # TEXT EVENT PROGRAM...
    local out
    out=$(timeout 300 "$build/bench/runtime_api" 3 "${@:2}" 2>&1 >/dev/null) && return 1
    echo "$out"
    grep -q -- "$1" <<<"$out"
}

check 'the bare bootstrap is measured' measures "$build/bench/ref_bootstrap"
check "Duet's bootstrap is measured" measures "$build/bootstrap"
check 'a program that ends is no measurement' refuses 'has ended' tests/bench/event.json /bin/true
check 'another status than 200 is no measurement' refuses 'without status 200' \
    <(sed 's|"path":"/hello"|"path":"/nothing"|' tests/bench/event.json) "$build/bootstrap"
check 'no event is bad usage' refuses usage: /nonexistent "$build/bootstrap"
finish
