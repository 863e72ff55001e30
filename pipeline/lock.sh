#!/usr/bin/env bash
# lock.sh: ends quietly when no canary holds the lock of an environment; else says whose it is.
#
# Inputs: ENVIRONMENT (dev, qa, prod; pr with NUMBER), or NAME.
# Exit codes: those of common.sh; 4: a canary holds it.
set -euo pipefail
# shellcheck source=pipeline/common.sh
. "$(dirname "$0")/common.sh"
need_name
aws_ready
log=$(mktemp) && trap 'rm -f "$log"' EXIT
if state=$("${AWS:-aws}" --output json ssm get-parameter --name "$(lock_name)" 2>"$log"); then
    die 4 "a canary holds $(lock_name): $(jq -r '.Parameter.Value | fromjson | "\(.name) of \(.owner), step \(.step + 1), \(.phase)"' \
        <<<"$state"); wait for it, or: duet canary status --lock $(lock_name)"
fi
grep -q ParameterNotFound "$log" || { cat "$log" >&2; die 3 "the lock $(lock_name) cannot be read"; }
