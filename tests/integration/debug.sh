#!/usr/bin/env bash
# debug.sh: `duet local --debug HOME`: gdb comes to a home before its first instruction, stops it in a
# handler, sees the request, and lets it go on; the client has its answer all the same.
# Under a sanitizer it is not looked at: the leak check does not work below a debugger.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
build=${DUET_BUILD:-build}
work=$(mktemp -d)
ids=()
stop_all() {
    for id in "${ids[@]}"; do kill -TERM "$id" 2>/dev/null; done
    for id in "${ids[@]}"; do wait "$id" 2>/dev/null; done
    rm -rf "$work"
}
trap stop_all EXIT

says() { # TEXT COMMAND...: the command fails, and its output has the text
    local out
    out=$("${@:2}" 2>&1) && return 1
    echo "$out"
    grep -qF -- "$1" <<<"$out"
}
check 'a home that is none is refused' says "--debug takes lambda or fargate" "$build/duet" local --debug both
check 'both at once are refused' says "one of them, not 'fargate'" "$build/duet" local --debug lambda --debug fargate
check 'without gdbserver it says what to install' says 'apt install gdb gdbserver' \
    env PATH=/nowhere "$build/duet" local --debug lambda

cat >"$work/trial" <<'END'
set confirm off
run
END
if [ "$build" != build ]; then # a sanitizer
    finish
    exit
fi
if ! command -v gdb >/dev/null || ! command -v gdbserver >/dev/null; then
    skip 'gdb comes to a home' 'gdb or gdbserver is not installed'
    finish
    exit
fi
if ! gdb -q -batch -nx -x "$work/trial" /bin/true 2>/dev/null | grep -q 'exited normally'; then
    echo '# no process may be traced here: gdb cannot be tried'
    finish
    exit
fi

# What gdb does: it runs to the handler, writes where it is, and lets go.
cat >"$work/script" <<'END'
set pagination off
set breakpoint pending on
tbreak handle_hello
continue
backtrace 2
print req->path.len
detach
END

# start PROGRAM...: it is stopped at the end, its output goes to $out.
start() {
    "$@" >"$out" 2>&1 &
    ids+=($!)
}
ask() { # HOME: one request, whose answer goes to HOME.answer; the address is in the rig's log
    out=$work/$1.answer start curl -sS --max-time 240 \
        "$(sed -n 's/.*\(http:..127.0.0.1:[0-9]*\) ->.*/\1/p' "$work/$1.log")/hello"
}
# A sandbox starts with the first request; a task is there before it, and the rig is up when it answers.
debug() { # HOME OPTION...
    local home=$1 log=$work/$1.log gdb
    out=$log start "$build/duet" local --port 0 --control-port 0 --store memory --env "TRIAL=$work" --debug "$@"
    if [ "$home" = lambda ]; then
        wait_until 120 grep -q 'control port' "$log"
        ask "$home"
    fi
    wait_until 120 grep -q "the $home home waits: gdb -ex 'target remote" "$log"
    timeout 240 gdb -q -batch -nx -x "$work/script" \
        -iex "target remote $(sed -n "s/.*target remote \(127.0.0.1:[0-9]*\)'.*/\1/p" "$log")" >"$work/$home.gdb" 2>&1 &
    gdb=$!
    if [ "$home" = fargate ]; then
        wait_until 120 grep -q 'control port' "$log"
        ask "$home"
    fi
    wait "$gdb"
}
stopped() { # HOME: gdb was in the handler and saw the length of the request's path, "/hello"
    cat "$work/$1.gdb" "$work/$1.log"
    grep -q 'handle_hello (req=' "$work/$1.gdb" && grep -q '^[$]1 = 6$' "$work/$1.gdb"
}
answered() { wait_until 120 grep -q 'Hello world' "$work/$1.answer"; }

debug fargate --weights lambda=0,fargate=1
check 'gdb was in the handler of a task' stopped fargate
check 'which answered when gdb had let it go' answered fargate
debug lambda --weights lambda=1,fargate=0
check 'gdb was in the handler of a sandbox' stopped lambda
check 'which answered when gdb had let it go' answered lambda

# Signals reach gdbserver alone: what it runs must go with it.
for id in "${ids[@]}"; do kill -TERM "$id" 2>/dev/null; done
for id in "${ids[@]}"; do wait "$id"; done
ids=()
gone() { ! grep -lsz "^TRIAL=$work\$" /proc/[0-9]*/environ; }
check 'the rigs end and leave nothing behind' wait_until 60 gone
finish
