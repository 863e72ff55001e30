# shellcheck shell=bash
# awscli.sh: a running rig for AWS's clients of PyPI; to be sourced after shell.sh.

work=$(mktemp -d)
rig=''
stop_rig() {
    [ -z "$rig" ] || { kill -TERM "$rig" 2>/dev/null; wait "$rig" 2>/dev/null; }
    rig=''
}
stop_all() {
    stop_rig
    rm -rf "$work"
}
trap stop_all EXIT

python() { tests/support/python_venv.sh tests/support/awscli/requirements.txt "$@"; }

# start_rig CLAIM OPTION...: a rig whose addresses are in $alb and $control, its log in $work/rig.log. Ends
# the test, with CLAIM passed over, where the clients are not to be had.
start_rig() {
    local why
    if ! why=$(python -c ''); then
        skip "$1" "${why#missing: }"
        finish
        exit
    fi
    rm -f "$work/rig.log" # of an earlier one: what it said is no sign of this one
    "${DUET_BUILD:-build}/duet" local --port 0 --control-port 0 --store memory --quiet "${@:2}" >"$work/rig.log" 2>&1 &
    rig=$!
    check 'the rig starts' wait_until 120 grep -q 'AWS_ENDPOINT_URL=' "$work/rig.log"
    # shellcheck disable=SC2034 # for whoever sources this
    alb=$(sed -n 's/.*\(http:..127.0.0.1:[0-9]*\) ->.*/\1/p' "$work/rig.log")
    # shellcheck disable=SC2034
    control=$(sed -n 's/.*control port \(http:..127.0.0.1:[0-9]*\).*/\1/p' "$work/rig.log")
}
