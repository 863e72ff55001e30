#!/usr/bin/env bash
# pipeline_rollback.sh: a release that is canceled, or killed, between its homes and in its bake is rolled back: by
# itself, by its own files, and by hand without them; the next one goes on. The rig stands for AWS.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
# shellcheck source=tests/support/awscli.sh
. tests/support/awscli.sh
if [ "${DUET_BUILD:-build}" != build ]; then
    echo 'skip a release that is cut short: it is looked at with the plain build'
    exit
fi

# refused NAME CODE PATTERN COMMAND...: a claim: it ends with the code, and stderr has the pattern.
refused() {
    local out status=0
    out=$("${@:4}" 2>&1 >"$work/stdout") || status=$?
    # shellcheck disable=SC2016 # the shell of the claim expands it
    check "$1" bash -c 'printf "%s\n(exit status %s)\n" "$1" "$2"; [ "$2" = "$3" ] && grep -Eq -- "$4" <<<"$1"' - "$out" "$status" "$2" "$3"
}

secret=0123456789abcdef
start_rig 'a release that is cut short is rolled back' --pin-secret "$secret"
[ -n "$rig" ] || exit
make_aws "$work/aws"
# shellcheck disable=SC2154 # awscli.sh sets them
export AWS="$work/aws" AWS_ENDPOINT_URL=$control URL=$alb NAME=duet-local PIN_SECRET=$secret DUET="${DUET_BUILD:-build}/duet" OUT="$work/out" \
    AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b AWS_DEFAULT_REGION=us-east-1 AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null \
    AWS_EC2_METADATA_DISABLED=true ATTEMPTS=5 AWS_MAX_ATTEMPTS=1
unset AWS_PROFILE AWS_SESSION_TOKEN http_proxy HTTP_PROXY all_proxy ALL_PROXY
export AWS_CLI_IS_READY=$AWS # pipeline.sh has the claims about its version

# The first step of each home waits for a word: the release stands still where it is cut.
jq -n '{name: "cut", rule: {arn: "-"}, stable: "-", canary: "--", interval: "1s", lease: "10m", timeout: "10m",
    metrics: {period: "1s", late: "1s"}, steps: [{share: 40, of: "home", pause: true}, {share: "all"}], checks: {requests_min: 1}}' >"$work/plan.json"
duet_of() { sed -n 's/.*"owner":"[^"]*:\([0-9]*\)".*/\1/p' <<<"$("$DUET" canary status --lock /duet/local/canary --json)"; }
bakes() { [ "$("$DUET" canary status --lock /duet/local/canary --json | jq -r '"\(.name) \(.phase)"')" = "duet-local $1 bake" ]; }
begin() { # HOMES
    HOMES=$1 PLAN=$work/plan.json pipeline/canary.sh >"$work/canary.log" 2>&1 &
    release=$!
    wait_until 120 bakes "${1%% *}" || cat "$work/canary.log"
}
is_gone() { ! [ -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status"; } # its parent may not have looked
cut() { # SIGNAL: as a canceled job: first the script, then what it runs
    local duet_pid
    duet_pid=$(duet_of)
    kill "-$1" "$release" "$duet_pid"
    wait "$release"
    wait_until 60 is_gone "$duet_pid"
}
cancel() { # as a job that is canceled tells the script alone; $ended: the release's exit status
    ended=0
    kill -TERM "$release"
    wait "$release" || ended=$?
}
begin 'lambda fargate'
"$DUET" canary promote "$OUT/lambda.json" >/dev/null
check 'one home is promoted, the other on its way' wait_until 120 bakes fargate
cancel
check 'a release that is canceled is held where its plan says so' test "$ended" = 4
check 'its canary has stopped by itself' test "$("$DUET" canary status --lock /duet/local/canary --json | jq -r '"\(.name) \(.phase)"')" = 'duet-local fargate hold'
check 'the last step of its job rolls both homes back' pipeline/rollback.sh
check 'to the weights before' test "$(rule_weights)" = '[50,0,50,0]'
check 'and the lock is free' pipeline/lock.sh
jq '.on_signal = "rollback"' "$work/plan.json" >"$work/plan.new" && mv "$work/plan.new" "$work/plan.json"
begin fargate
cancel
check 'the next release goes on, and is rolled back when it is canceled where its plan says that' test "$ended" = 1
check 'to the same weights' test "$(rule_weights)" = '[50,0,50,0]'

begin 'lambda fargate'
"$DUET" canary promote "$OUT/lambda.json" >/dev/null
check 'one home is promoted, the other on its way' wait_until 120 bakes fargate
cut KILL
check 'where it was cut has moved weights' test "$(rule_weights)" = '[0,50,30,20]'
refused 'a second release while one runs is refused, and told whose it is' 4 'a canary holds /duet/local/canary: duet-local fargate of .*, step 1, bake' \
    env OUT="$work/second" pipeline/canary.sh
refused 'nor is terraform applied' 4 'a canary holds /duet/local/canary' pipeline/lock.sh
refused 'a canary of somebody else is left alone' 4 'is not of this release' \
    bash -c "mkdir -p '$work/foreign' && cp '$OUT/before.json' '$work/foreign/' && OUT='$work/foreign' pipeline/rollback.sh"
check 'a release that was killed is rolled back, with the home that was promoted' pipeline/rollback.sh
check 'the weights are those of before' test "$(rule_weights)" = '[50,0,50,0]'
check 'and the lock is free' pipeline/lock.sh

begin fargate
cut KILL
check 'by hand a rollback needs no file of the release' env FORCE=1 OUT="$work/nothing" pipeline/rollback.sh
check 'and brings the same weights' test "$(rule_weights)" = '[50,0,50,0]'
finish
