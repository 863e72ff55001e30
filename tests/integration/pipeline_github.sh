#!/usr/bin/env bash
# pipeline_github.sh: the scripts of a release that speak with GitHub, with a `gh` that notes what it is asked;
# and Terraform's, on the S3 backend, which moto stands for, with a provider that makes no request.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
if [ "${DUET_BUILD:-build}" != build ]; then # hundreds of processes that are none of ours
    echo 'skip the scripts for GitHub: they are looked at with the plain build'
    exit
fi
work=$(mktemp -d)
moto=''
stop() {
    [ -z "$moto" ] || { kill -TERM "$moto" && wait "$moto"; } 2>/dev/null
    rm -rf "$work"
}
trap stop EXIT

mkdir "$work/bin"
cat >"$work/bin/gh" <<'SH'
#!/bin/bash
# Notes its words, and what it reads where it is told to; $GH_SAYS has what it answers.
printf '%s\n' "$*" >>"$GH_CALLS"
case "$*" in
*'--input -'* | *'body=@-'*) cat >>"$GH_CALLS" ;;
esac
case "$*" in
'api users/nobody'*) exit 1 ;;
'api users/'*) echo 42 ;;
*pulls/7) echo '{"state":"closed","labels":[{"name":"environment"}]}' ;;
*pulls/8) echo '{"state":"open","labels":[{"name":"environment"}]}' ;;
'issue list'* | 'api --paginate'*) printf '%s\n' "${GH_SAYS:-[]}" ;;
esac
[ "${GH_FAILS:-}" != yes ]
SH
chmod +x "$work/bin/gh"
export PATH="$work/bin:$PATH" GH_CALLS="$work/calls" GH_TOKEN=token REPOSITORY=ada/vote
fresh() { : >"$GH_CALLS"; }
asked() { cat "$GH_CALLS" && grep -qF -- "$1" "$GH_CALLS"; } # TEXT
ends() { # CODE TEXT COMMAND...: with that exit status, and that text on stderr
    local out status=0
    out=$("${@:3}" 2>&1 >/dev/null) || status=$?
    printf '%s\n(exit status %s)\n' "$out" "$status"
    [ "$status" = "$1" ] && grep -qF -- "$2" <<<"$out"
}

# --- the comment of a plan --------------------------------------------------------------------------
mkdir "$work/plan-dev"
echo 'Plan: 1 to add' >"$work/plan-dev/dev.txt"
comment=(env PULL_REQUEST=3 COMMIT=0123456789abcdef pipeline/plan_comment.sh "$work/plan-dev")
fresh
check 'the first plan is a new comment' "${comment[@]}"
check 'which has the plan' asked '<b>dev</b>: Plan: 1 to add'
fresh
check 'the next plan is written' env GH_SAYS='[{"id":5,"body":"other"},{"id":6,"body":"<!-- duet: terraform plan -->\nold"}]' "${comment[@]}"
check 'over the comment of the one before' asked '--method PATCH repos/ada/vote/issues/comments/6'
check 'that GitHub refuses a comment is told' ends 3 'GitHub does not show the comments' env GH_FAILS=yes "${comment[@]}"

# --- a repository's set-up --------------------------------------------------------------------------
{ # as Terraform tells what terraform/bootstrap puts out
    echo '#!/bin/sh'
    echo "cat <<'JSON'"
    sed -n 's/^output "\(.*\)".*/\1/p' terraform/bootstrap/outputs.tf |
        jq -Rn '[inputs | {key: ., value: {value: (if . == "role_arns" then {plan: "p", push: "q", apply: "r", canary: "s"} else "its-\(.)" end)}}] | from_entries'
    echo JSON
} >"$work/terraform"
chmod +x "$work/terraform"
mkdir "$work/setup" && mv "$work/terraform" "$work/setup/"
setup=(env PATH="$work/setup:$PATH" AWS_REGION=eu-west-1 FIRST_IMAGE=r@sha256:1 'FIRST_ZIP={"bucket":"b","key":"k","sha256":"s"}')
fresh
check 'a repository is set up' "${setup[@]}" REVIEWERS=ada,bob pipeline/github_setup.sh
check 'prod waits for its reviewers, and not for who started it' asked '"reviewers":[{"type":"User","id":42},{"type":"User","id":42}],"prevent_self_review":true'
check 'the roles are variables' asked 'variable set ROLE_CANARY --repo ada/vote --body s'
protection() { sed -n '/^{/p' "$GH_CALLS" | jq -rse 'map(.required_status_checks?.contexts // empty) | first[]'; }
required() { # each check that main requires is a job of ci.yml
    local name
    while read -r name; do
        grep -qF "name: $name" .github/workflows/ci.yml || grep -qE "goal: \[.*\b${name#make }\b" .github/workflows/ci.yml || { echo "no job: $name"; return 1; }
    done < <(protection)
}
check 'main requires checks' protection
check 'each of which is a job' required
fresh
check 'a dry run changes nothing' env DRY_RUN=1 "${setup[@]}" REVIEWERS=ada pipeline/github_setup.sh
check 'and asks for the reviewers alone' test "$(cat "$GH_CALLS")" = 'api users/ada --jq .id'
check 'a reviewer who is not there is named' ends 2 "GitHub knows no 'nobody'" "${setup[@]}" REVIEWERS=nobody pipeline/github_setup.sh

# --- Terraform's ------------------------------------------------------------------------------------
claim='environments are planned, applied, looked at and destroyed'
if [ -z "${DUET_TF_STAND_IN:-}" ]; then
    echo "skip $claim: DUET_TF_STAND_IN names no provider that makes no request"
    finish
    exit
fi
python=(tests/support/python_venv.sh tests/support/awscli/requirements.txt)
if ! why=$("${python[@]}" -c '') || ! why=$(tests/support/python_venv.sh tests/support/moto/requirements.txt -c ''); then
    skip "$claim" "${why#missing: }"
    finish
    exit
fi
tests/support/python_venv.sh tests/support/moto/requirements.txt tests/support/moto/serve.py >"$work/moto.log" 2>&1 &
moto=$!
check 'moto is there' wait_until 120 grep -q 'listening on' "$work/moto.log"
printf '#!/bin/sh\nexec "%s" -m awscli "$@"\n' "$("${python[@]}" -c 'import sys; print(sys.executable)')" >"$work/bin/aws"
chmod +x "$work/bin/aws"
AWS_ENDPOINT_URL=http://127.0.0.1:$(sed -n 's/listening on \([0-9]*\).*/\1/p' "$work/moto.log")
export AWS_ENDPOINT_URL TF_CLI_CONFIG_FILE=$DUET_TF_STAND_IN CHECKPOINT_DISABLE=1 AWS_EC2_METADATA_DISABLED=true AWS_ACCESS_KEY_ID=a \
    AWS_SECRET_ACCESS_KEY=b AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1 AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
unset AWS_PROFILE AWS_SESSION_TOKEN http_proxy HTTP_PROXY all_proxy ALL_PROXY TF_DATA_DIR TF_WORKSPACE
digits=$(printf 'a%.0s' {1..64})
export STATE_BUCKET=states TF_VAR_pin_secret=0123456789abcdef-secret TF_VAR_image="123456789012.dkr.ecr.eu-west-1.amazonaws.com/duet@sha256:$digits" \
    TF_VAR_lambda_zip="{bucket=\"zips\",key=\"lambda/$digits.zip\",sha256=\"$digits\"}" ENVIRONMENT=pr NUMBER=7
aws s3api create-bucket --bucket states --create-bucket-configuration LocationConstraint=eu-west-1 >/dev/null
tree=$work/tree
mkdir "$tree" && cp -r pipeline terraform "$tree/"
find "$tree/terraform" -name .terraform -prune -exec rm -rf {} + -o -name .terraform.lock.hcl -exec rm -f {} +
# A bucket of moto's is a path, and no name in front of 127.0.0.1.
cat >"$tree/terraform/backend_override.tf" <<'HCL'
terraform {
  backend "s3" {
    use_path_style              = true
    skip_credentials_validation = true
    skip_requesting_account_id  = true
    skip_metadata_api_check     = true
  }
}
HCL
state_size() { aws s3api head-object --bucket states --key "duet/pr-$1/terraform.tfstate" --query ContentLength --output text 2>/dev/null || echo 0; }

check 'a bucket that is not there is told' ends 1 'is s3://moon there' env STATE_BUCKET=moon "$tree/pipeline/terraform.sh" plan
aws ssm put-parameter --name /duet/pr-7/canary --type String --value '{"name":"n","owner":"h:1","step":0,"phase":"bake"}' >/dev/null
check 'nothing is applied while a canary runs' ends 4 'a canary holds /duet/pr-7/canary' "$tree/pipeline/terraform.sh" apply
check 'the plan is there' grep -q '^Plan: ' "$tree/build/plan/pr-7.txt"
check 'and nothing was made' test "$(state_size 7)" = 0
aws ssm delete-parameter --name /duet/pr-7/canary >/dev/null
check 'after it, it is applied' "$tree/pipeline/terraform.sh" apply
check 'its state is in the bucket' test "$(state_size 7)" -gt 1000
check 'what is as terraform/ says does not differ' ends 0 'duet-pr-7 is as terraform/ says' "$tree/pipeline/terraform.sh" drift
sed -i 's/^log_retention_days .*/log_retention_days = 30/' "$tree/terraform/env/pr.tfvars"
check 'what differs is told' ends 0 'duet-pr-7 differs from terraform/' "$tree/pipeline/terraform.sh" drift

issue=(env ENVIRONMENT=pr-7 "$tree/pipeline/drift_issue.sh")
title='Drift: pr-7 is not what terraform/ says'
fresh
check 'a drift is an issue' "${issue[@]}"
check 'with what differs' asked retention_in_days
fresh
check 'the next night' env GH_SAYS="[{\"number\":9,\"title\":\"$title\"}]" "${issue[@]}"
check 'it is the same issue' asked 'issue edit 9 --repo ada/vote'
rm "$tree/build/plan/pr-7.drift"
check 'when it is gone' env GH_SAYS="[{\"number\":9,\"title\":\"$title\"}]" "${issue[@]}"
check 'the issue is closed' asked 'issue close 9 --repo ada/vote'
check 'that GitHub does not answer is told' ends 3 'GitHub does not show the issues' env GH_FAILS=yes "${issue[@]}"

echo '{"resources":[{}]}' >"$work/other.tfstate"
aws s3api put-object --bucket states --key duet/pr-8/terraform.tfstate --body "$work/other.tfstate" >/dev/null
check 'what is left of closed pull requests is destroyed' ends 0 'pull request 8 keeps its environment' env -u NUMBER -u ENVIRONMENT "$tree/pipeline/sweep.sh"
check 'its state is empty' test "$(aws s3 cp s3://states/duet/pr-7/terraform.tfstate - | jq '.resources | length')" = 0
check 'another stays' test "$(state_size 8)" -gt 0
finish
