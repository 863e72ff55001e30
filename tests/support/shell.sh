# shellcheck shell=bash
# shell.sh: what the shell tests share; to be sourced.
#
# A test prints "ok NAME", "not ok NAME" or "skip NAME: WHY" for each claim; tests/run.sh counts the
# lines. finish is a test's last command, and its exit status.

failures=0

# check NAME COMMAND...: one claim. What the command prints is shown only when it fails.
check() {
    local name=$1 out
    shift
    if out=$("$@" 2>&1); then
        printf 'ok %s\n' "$name"
    else
        printf '%s\nnot ok %s\n' "$out" "$name"
        failures=$((failures + 1))
    fi
}

# skip NAME WHY: a claim that cannot be looked at here. In CI nothing may be passed over.
skip() {
    if [ "${CI:-}" = true ]; then
        printf '%s\nnot ok %s\n' "$2" "$1"
        failures=$((failures + 1))
    else
        printf 'skip %s: %s\n' "$1" "$2"
    fi
}

# wait_until SECONDS COMMAND...: runs the command until it succeeds. Fails when the time is over.
wait_until() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}

# finish: the last command of a test.
finish() { [ "$failures" -eq 0 ]; }
