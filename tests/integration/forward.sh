#!/usr/bin/env bash
# forward.sh: services that the rig does not have, forwarded to moto: one endpoint for a whole release, by
# boto3 (tests/support/awscli/forward.py has the claims).
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
# shellcheck source=tests/support/awscli.sh
. tests/support/awscli.sh

claim='services that are not here are forwarded'
tests/support/python_venv.sh tests/support/moto/requirements.txt tests/support/moto/serve.py >"$work/moto.log" 2>&1 &
moto=$!
stop_moto() {
    kill -TERM "$moto" 2>/dev/null
    wait "$moto" 2>/dev/null
    stop_all
}
trap stop_moto EXIT
wait_until 300 grep -q 'listening on \|missing: ' "$work/moto.log"
if ! port=$(sed -n 's/^listening on //p' "$work/moto.log") || [ -z "$port" ]; then
    skip "$claim" "$(sed -n 's/^missing: //p' "$work/moto.log")"
    finish
    exit
fi
start_rig "$claim" --forward "s3=http://127.0.0.1:$port" --forward "sqs=http://localhost:$port" \
    --forward sns=http://127.0.0.1:9
python tests/support/awscli/forward.py "$control" "http://127.0.0.1:$port" || failures=$((failures + 1))
"${DUET_BUILD:-build}/duet" local --forward s3=ftp://x >"$work/wrong.log" 2>&1
check 'a wrong --forward is named' grep -q "'s3=ftp://x': write SERVICE=http://HOST:PORT" "$work/wrong.log"
finish
