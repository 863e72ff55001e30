#!/usr/bin/env bash
# symbolize.sh: a function that crashes under `duet invoke` and behind `duet local`, and what
# `duet symbolize` makes of the log.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
build=$PWD/${DUET_BUILD:-build}
duet=$build/duet
crashing=$build/tests/crashing_app
work=$(mktemp -d)
rig=
trap '[ -z "$rig" ] || kill "$rig"; rm -rf "$work"' EXIT

exits() { # STATUS TEXT COMMAND...: ends with STATUS, and says TEXT on stdout or stderr
    local out status
    out=$("${@:3}" 2>&1 </dev/null)
    status=$?
    printf 'exit status %d, saying: %s\n' "$status" "$out"
    [ $status -eq "$1" ] && grep -qF -- "$2" <<<"$out"
}

# --- bad usage, wrong files: all modes ---

cd "$work" || exit 1
crash='{"timestamp":"2026-11-21T09:30:00.250Z","level":"FATAL","message":"crashed by SIGABRT","signal":"SIGABRT","errorType":"Runtime.Abort","buildId":"00112233","base":"0x0","addresses":["0x1000"]}'
printf '%s\n' 'not JSON' '{"level":"INFO"}' '{"buildId":' >no_crash.log
printf '%s\n' "$crash" >foreign.log
: >empty
while IFS='|' read -r status text arguments; do
    # shellcheck disable=SC2086 # the arguments are words
    check "symbolize ${arguments:-without arguments} ends with $status" \
        exits "$status" "$text" "$duet" symbolize $arguments
done <<'ROWS'
0|usage: duet symbolize|--help
2|one log is needed|
2|one log is needed|no_crash.log foreign.log
2|see duet symbolize --help|--frobnicate
2|cannot read 'no-such-file': No such file|no-such-file
2|cannot read '.': Is a directory|.
1|'no_crash.log' has no line of a crash|no_crash.log
1|'-' has no line of a crash|-
1|no file has the build id 00112233|foreign.log
1|no-such-file: no such file|--debug no-such-file foreign.log
1|empty: no ELF file with a build id|--debug empty foreign.log
1|/bootstrap: |foreign.log
ROWS

if ! nm "$build/libduet.a" 2>/dev/null | grep -q '__[at]san_'; then
    invoke() { # PATH: its answer on stdout, its log in the file log
        "$duet" invoke --store memory --bootstrap "$crashing" --path "$1" 2>log </dev/null
    }
    symbolized() { # FUNCTION...: the frames of `log` are in these functions, in this order
        local out function rest
        out=$("$duet" symbolize --debug "$crashing" log) || { echo "exit status $?"; return 1; }
        rest=$out
        for function; do
            printf '%s: looked for in\n%s\n' "$function" "$rest"
            rest=$(sed -n "/ $function  .*crashing_app.c:[0-9]/,\$p" <<<"$rest")
            [ -n "$rest" ] || return 1
        done
    }
    fails() { invoke "$1"; [ $? -eq 1 ]; }

    # --- duet invoke ---

    while read -r path error_type functions; do
        check "$path is a function error" exits 1 "\"errorType\":\"$error_type\"" invoke "$path"
        check "$path fails" fails "$path"
        # shellcheck disable=SC2086 # the functions are words
        check "$path is found by its names" symbolized $functions
    done <<'ROWS'
/by_write Runtime.SegmentationFault write_nowhere handle_by_write
/by_library Runtime.SegmentationFault handle_by_library
/in_callback Runtime.SegmentationFault write_nowhere handle_in_callback
/by_abort Runtime.Abort handle_by_abort
/by_overflow Runtime.StackOverflow sink sink sink
/by_bus Runtime.BusError handle_by_bus
ROWS

    # --- files of symbols ---

    fails /by_write
    cp "$crashing" bootstrap
    objcopy --only-keep-debug bootstrap other.debug
    strip bootstrap
    check 'a file of symbols alone will do' \
        exits 0 'write_nowhere' "$duet" symbolize --debug other.debug log
    check 'a stripped program is known by its build id, but has no names' \
        exits 0 'in no function of this file' "$duet" symbolize --debug bootstrap log
    mkdir build && cp bootstrap build/ && cp other.debug build/
    check 'files of symbols beside the bootstrap are found' exits 0 'write_nowhere' "$duet" symbolize log
    sed 's/^/lambda  | /' log >prefixed
    check 'a line may have something before it' \
        exits 0 'write_nowhere' "$duet" symbolize --debug "$crashing" prefixed
    check 'without addr2line it is named' exits 1 "cannot run 'addr2line' (it comes with binutils)" \
        env PATH=/nowhere "$duet" symbolize --debug "$crashing" log

    # --- duet local ---

    "$duet" local --port 0 --control-port 0 --weights lambda=1,fargate=0 --store memory \
        --bootstrap "$crashing" >rig.log 2>&1 &
    rig=$!
    wait_until 60 grep -q 'http://127.0.0.1:[0-9]' rig.log
    address=$(grep -o 'http://127.0.0.1:[0-9]*' rig.log | head -n 1)
    get() { curl -s -m 60 -o /dev/null -w '%{http_code}' "$address$1"; }
    check 'behind the load balancer a crash is a 502' exits 0 502 get /by_write
    check 'the next request is served by a new sandbox' exits 0 200 get /hello
    logged() { "$duet" symbolize --debug "$crashing" rig.log | grep -q ' handle_by_write  '; }
    check 'the log of duet local is read, too' wait_until 60 logged
else
    # No gap in CI either: the everyday build claims all of it there.
    echo 'skip crashes: a sanitizer has signal handlers of its own'
fi
finish
