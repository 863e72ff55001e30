#!/usr/bin/env bash
# pipeline.sh: what the scripts of a release say and leave behind when something is missing, wrong or in the
# way; that they work is in rehearse.sh. The rig stands for AWS, moto for S3.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
# shellcheck source=tests/support/awscli.sh
. tests/support/awscli.sh

if [ "${DUET_BUILD:-build}" != build ]; then # hundreds of processes that are none of ours
    echo 'skip the scripts of a release: they are looked at with the plain build'
    exit
fi

# refused NAME CODE PATTERN COMMAND...: a claim: it ends with the code, and stderr has the pattern.
refused() {
    local out status=0
    out=$("${@:4}" 2>&1 >"$work/stdout") || status=$?
    # shellcheck disable=SC2016 # the shell of the claim expands it
    check "$1" bash -c 'printf "%s\n(exit status %s)\n" "$1" "$2"; [ "$2" = "$3" ] && grep -Eq -- "$4" <<<"$1"' - "$out" "$status" "$2" "$3"
}
bare() { env -i "PATH=$PATH" "HOME=$HOME" "$@"; }

# moto is there by the time that the rig needs it.
stop_moto() {
    [ -z "$moto" ] || { kill -TERM "$moto" && wait "$moto"; } 2>/dev/null
    stop_all
}
moto=''
trap stop_moto EXIT
if why=$(tests/support/python_venv.sh tests/support/moto/requirements.txt -c ''); then
    tests/support/python_venv.sh tests/support/moto/requirements.txt tests/support/moto/serve.py >"$work/moto.log" 2>&1 &
    moto=$!
fi

# --- what is not there -----------------------------------------------------------------------------
for script in deploy_lambda deploy_fargate push environment canary rollback lock terraform plan_comment drift_issue sweep github_setup; do
    refused "$script.sh names what is not set" 2 "^$script.sh: not set: [A-Z_]+ \(" bare "pipeline/$script.sh"
done
printf '#!/bin/sh\necho aws-cli/2.9.19 Python/3.11\n' >"$work/old-aws"
chmod +x "$work/old-aws"
refused 'an AWS CLI that does not know AWS_ENDPOINT_URL is refused' 2 '2.9.19 does not know AWS_ENDPOINT_URL' \
    bare AWS="$work/old-aws" NAME=duet-dev pipeline/environment.sh
cat >"$work/expired-aws" <<'SH'
#!/bin/sh
[ "$1" != --version ] || { echo aws-cli/2.30.0; exit; }
echo 'An error occurred (ExpiredToken)' >&2
exit 254
SH
chmod +x "$work/expired-aws"
refused 'credentials that have expired are told as such' 3 'the credentials have expired: take new ones' \
    bare AWS="$work/expired-aws" NAME=duet-dev pipeline/environment.sh
refused 'a name that no environment has is refused' 2 "NAME 'Duet; x' is no name" bare NAME='Duet; x' pipeline/lock.sh
refused 'a URL with a path is refused' 2 "URL 'http://x/y' is not" bare URL=http://x/y pipeline/smoke.sh
refused 'a service that is not there is told' 3 'no answer from http://127.0.0.1:9/gtg' bare URL=http://127.0.0.1:9 ATTEMPTS=1 pipeline/smoke.sh
terraform_inputs=(ENVIRONMENT=dev STATE_BUCKET=b TF_VAR_image=i TF_VAR_lambda_zip={} TF_VAR_pin_secret=s)
refused 'nothing but an environment of a pull request is destroyed' 2 "destroy: 'dev' is not pr" bare "${terraform_inputs[@]}" pipeline/terraform.sh destroy
refused 'an environment without variables is named' 2 'no terraform/env/moon.tfvars' bare "${terraform_inputs[@]}" ENVIRONMENT=moon pipeline/terraform.sh plan

# --- the comment of a plan -------------------------------------------------------------------------
mkdir -p "$work/plan-dev" "$work/plan-qa"
{ printf 'Plan: 1 to add, 0 to change, 0 to destroy.\n' && head -c 90000 /dev/zero | tr '\0' x; } >"$work/plan-dev/dev.txt"
comment=$(DRY_RUN=1 REPOSITORY=a/b PULL_REQUEST=1 COMMIT=0123456789abcdef pipeline/plan_comment.sh "$work/plan-dev" "$work/plan-qa")
check 'the comment has the summary of a plan' grep -q '<b>dev</b>: Plan: 1 to add' <<<"$comment"
check 'a plan that failed is named' grep -q '\*\*qa\*\*: the plan failed' <<<"$comment"
check 'the comment is short enough for GitHub, and says what was cut' test "${#comment}" -lt 65536 -a "${comment/cut; the whole plan/}" != "$comment"

# --- against the rig -------------------------------------------------------------------------------
secret=0123456789abcdef
claim='the scripts refuse what they should, on the rig'
if [ -z "$moto" ]; then
    skip "$claim" "${why#missing: }"
    finish
    exit
fi
check 'moto is there' wait_until 120 grep -q 'listening on' "$work/moto.log"
start_rig "$claim" --pin-secret "$secret" --forward "s3=http://127.0.0.1:$(sed -n 's/listening on \([0-9]*\).*/\1/p' "$work/moto.log")"
[ -n "$rig" ] || exit
make_aws "$work/aws"
# shellcheck disable=SC2154 # awscli.sh sets them
export AWS="$work/aws" AWS_ENDPOINT_URL=$control URL=$alb NAME=duet-local PIN_SECRET=$secret DUET="${DUET_BUILD:-build}/duet" OUT="$work/out" \
    AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b AWS_DEFAULT_REGION=us-east-1 AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null \
    AWS_EC2_METADATA_DISABLED=true RELEASE="$work/release.json" ATTEMPTS=5 AWS_MAX_ATTEMPTS=1
unset AWS_PROFILE AWS_SESSION_TOKEN http_proxy HTTP_PROXY all_proxy ALL_PROXY
release() { jq -n --arg image "$1" '{image: $image, zip: {bucket: "zips", key: "lambda/x.zip", sha256: ("a" * 64)}}' >"$RELEASE"; }

check 'the idle slots are found, and the weights' test "$(pipeline/environment.sh | jq -c '[.idle, [.slots[].weight]]')" = \
    '[{"lambda":"lambda-b","fargate":"fargate-b"},[50,0,50,0]]'
refused 'an environment that is not there is told' 3 'LoadBalancerNotFound' env NAME=duet-moon pipeline/environment.sh
check 'a slot with weight 0 is reached through its pin' env SLOT=lambda-b pipeline/smoke.sh
refused 'a slot without a task fails its smoke, which says how' 1 '\(slot fargate-b\) answered: ' env SLOT=fargate-b ATTEMPTS=1 pipeline/smoke.sh
refused 'an image without a digest is refused' 2 "image 'r/duet:latest' has no digest" bash -c "$(declare -f release); release r/duet:latest; pipeline/deploy_fargate.sh"
release file:///nowhere/server
refused 'a slot that has traffic is not filled' 4 'lambda-a has traffic' env SLOT=lambda-a pipeline/deploy_lambda.sh
slots() { # what both idle slots have
    ask_rig lambda /2015-03-31/functions/duet-local/aliases/b | jq -c '[.FunctionVersion]'
    ask_rig lambda /2015-03-31/functions/duet-local/configuration | jq -c '[.CodeSha256]'
    ask_json ecs AmazonEC2ContainerServiceV20141113.DescribeServices '{"cluster":"duet-local","services":["duet-local-b"]}' |
        jq -c '.services[0] | [.taskDefinition, .desiredCount]'
}
before=$(slots)
refused 'a bucket that is not there is named' 4 's3://zips/lambda/x.zip is not there' pipeline/deploy_lambda.sh
"$AWS" s3api create-bucket --bucket zips >/dev/null
refused 'so is a zip' 4 's3://zips/lambda/x.zip is not there, or not for this role: run push.sh for this release again' pipeline/deploy_lambda.sh
release "127.0.0.1:9/duet@sha256:$(printf 'a%.0s' {1..64})"
refused 'an image that no registry has is told' 4 'the image cannot be pulled: if it is not there, run push.sh for this release again' pipeline/deploy_fargate.sh
check 'the slots have what they had' test "$(wc -l <<<"$before") $(slots)" = "3 $before"
mkdir -p "$work/tree/pipeline" "$work/tree/runtime/core" # nothing was built there
cp pipeline/push.sh pipeline/common.sh "$work/tree/pipeline/"
cp runtime/core/version.h "$work/tree/runtime/core/"
refused 'what was not built is not pushed' 4 'make package builds it' env ARCH=arm64 BUCKET=b COMMIT=0123456 IMAGE=file:///x "$work/tree/pipeline/push.sh"
refused 'a plan that is not there is named' 2 "there is no plan 'nope'" env PLAN=nope pipeline/canary.sh
revisions() { ask_json ecs AmazonEC2ContainerServiceV20141113.ListTaskDefinitions '{}' | jq '.taskDefinitionArns | length'; }
before=$(revisions)
release file:///nowhere/server
check 'a dry run of a deployment changes nothing' env DRY_RUN=1 pipeline/deploy_fargate.sh
check 'no revision was made' test "$before" -gt 0 -a "$(revisions)" = "$before"
check 'nothing to roll back is no failure' pipeline/rollback.sh

state='{"name":"other","owner":"far:1","step":1,"phase":"bake","run":"r"}'
ask_json ssm AmazonSSM.PutParameter "$(jq -n --arg state "$state" '{Name: "/duet/local/canary", Type: "String", Value: $state}')" >/dev/null
refused 'a second release while one runs is refused, and told whose it is' 4 'a canary holds /duet/local/canary: other of far:1, step 2, bake' pipeline/canary.sh
refused 'nor is terraform applied' 4 'a canary holds /duet/local/canary' pipeline/lock.sh
check 'the weights are as they were' test "$(rule_weights)" = '[50,0,50,0]'
finish
