#!/usr/bin/env bash
# aws_state.sh: what was shipped to a rig with --state by boto3 of PyPI is there when it is killed and started
# again (tests/support/awscli/kept.py has the claims); a damaged file is named.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
# shellcheck source=tests/support/awscli.sh
. tests/support/awscli.sh

claims() {
    python tests/support/awscli/kept.py "$1" "$control" "$work/said.json" "$(realpath "${DUET_BUILD:-build}/server")" ||
        failures=$((failures + 1))
}
kill_rig() {
    kill -KILL "$rig"
    wait "$rig" 2>/dev/null
    rig=''
}
# refused WORDS: a rig with this state does not start, and says them.
refused() {
    timeout 120 "${DUET_BUILD:-build}/duet" local --port 0 --control-port 0 --store memory --quiet \
        --state "$work/state" >"$work/refused.log" 2>&1
    local status=$?
    cat "$work/refused.log"
    [ $status -eq 1 ] && grep -q -F "$1" "$work/refused.log"
}

start_rig 'a rig keeps what was shipped to it' --state "$work/state"
claims make
kill_rig
start_rig 'a rig keeps what was shipped to it' --state "$work/state"
claims look
stop_rig

check 'a package is kept once, and one that nobody has any more not at all' \
    test "$(find "$work/state/packages" -type f | wc -l)" = 3
zip=$(find "$work/state/packages" -type f | head -n 1)
echo x >>"$zip"
check 'a damaged package is named' refused "$zip: it is damaged"
rm "$zip"
check 'a missing one too' refused "$zip: No such file"
sed -i 's/"version":1/"version":9/' "$work/state/functions.json"
check 'so is a state of another version' refused "state/functions.json: version 9 is unknown"
rm "$work/state/functions.json"
sed -i 's/"definition":"[^"]*kept:2"/"definition":"kept:9"/' "$work/state/services.json"
check 'and a service of no task definition' refused "state/services.json: 'kept:9' is no task definition"
finish
