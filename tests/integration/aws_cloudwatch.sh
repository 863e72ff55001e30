#!/usr/bin/env bash
# aws_cloudwatch.sh: CloudWatch's API and the access log of a running rig, by boto3 and the AWS CLI of
# PyPI, against a load of known composition (tests/support/awscli/cloudwatch.py has the claims).
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
work=$(mktemp -d)
rig=''
stop_all() {
    [ -z "$rig" ] || { kill -TERM "$rig" 2>/dev/null; wait "$rig" 2>/dev/null; }
    rm -rf "$work"
}
trap stop_all EXIT

python() { tests/support/python_venv.sh tests/support/awscli/requirements.txt "$@"; }
if ! why=$(python -c ''); then
    skip 'CloudWatch counts what was sent' "${why#missing: }"
    finish
    exit
fi
"${DUET_BUILD:-build}/duet" local --port 0 --control-port 0 --store memory --quiet \
    --access-log "$work/access.log" >"$work/rig.log" 2>&1 &
rig=$!
check 'the rig starts' wait_until 120 grep -q 'AWS_ENDPOINT_URL=' "$work/rig.log"
alb=$(sed -n 's/.*\(http:..127.0.0.1:[0-9]*\) ->.*/\1/p' "$work/rig.log")
control=$(sed -n 's/.*control port \(http:..127.0.0.1:[0-9]*\).*/\1/p' "$work/rig.log")
python tests/support/awscli/cloudwatch.py "$alb" "$control" "$work/access.log" || failures=$((failures + 1))
finish
