#!/usr/bin/env bash
# terraform.sh: `duet local --terraform` makes the rig that terraform/'s own plan has: a recorded one, and, where
# DUET_TF_STAND_IN names a provider that makes no request (terraform/tests/run.sh), one that is made now.
#
# Reads DUET_BUILD, the folder of the programs (build). Exit status: 0 all claims hold, 1 one does not.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
tree=$PWD
build=$PWD/${DUET_BUILD:-build}
work=$(mktemp -d)
rig=
trap '{ [ -z "$rig" ] || kill "$rig"; wait; } 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
secret=0123456789abcdef-secret

number() { sed -n "s/.*$1\([0-9]*\).*/\1/p" rig.log | head -n 1; }

start() { # PLAN: its ports are in $port and $control
    : >rig.log # nobody is to read the last one's
    "$build/duet" local --terraform "$1" --env DUET_LAME_DUCK_S=0 --port 0 --control-port 0 --store memory \
        --bootstrap "$build/bootstrap" --server "$build/server" >rig.log 2>rig.err &
    rig=$!
    wait_until 60 grep -q 'Ctrl-C' rig.log || { cat rig.log rig.err; echo 'not ok a rig starts'; exit 1; }
    port=$(number ' http:\/\/127.0.0.1:')
    control=http://127.0.0.1:$(number 'control port http:\/\/127.0.0.1:')
}

stop() {
    kill "$rig"
    wait "$rig"
    check 'it stops' [ $? -eq 0 ]
    rig=
}

home_of() { # SLOT: which home answers a request that shows the plan's secret
    curl -fsS --max-time 60 -H "X-Duet-Pin: $secret.$1" "http://127.0.0.1:$port/stats" | grep -o '"home":"[a-z]*"'
}
answers() { [ "$(home_of "$1")" = "\"home\":\"$2\"" ] || { home_of "$1"; return 1; }; } # SLOT HOME
names() { grep -qF -- "$1" rig.err || { cat rig.err; return 1; }; }
refuses() { # WORDS FILE
    local out
    out=$("$build/duet" local --terraform "$2" 2>&1) && return 1
    grep -qF -- "$1" <<<"$out" || { printf '%s\n' "$out"; return 1; }
}

plan=$tree/tests/data/terraform/plan.json
start "$plan"
check 'its lambda home answers, by a rule of the plan' answers lambda-a lambda
check 'its fargate home answers, by a rule of the plan' answers fargate-a fargate
check 'it says of itself what the plan has' "$tree/tests/support/terraform/same.py" "$plan" "$control"
check 'what it has not taken over is named' names 'not taken over: aws_dynamodb_table (1)'
check 'and a store that is AWS alone has' names "DUET_STORE=dynamodb:duet-dev is AWS's"
stop

echo '{}' >none.json
check 'a file that is no plan is refused' refuses "--terraform 'none.json': this is not what" none.json
check 'a file that is not there is refused' refuses "cannot read 'gone.json'" gone.json

# --- a plan of today's terraform/ ---

plan_now() {
    cp -r "$tree/terraform" tf && cd tf || return
    find . -name .terraform -prune -exec rm -rf {} +
    printf 'terraform {\n  backend "local" {}\n}\n' >backend_override.tf
    terraform init -no-color &&
        terraform plan -no-color -lock=false -var-file=env/dev.tfvars -out=now.plan &&
        terraform show -json now.plan >../now.json
}
# It is the same for each build, so one is enough.
if [ "${DUET_BUILD:-build}" = build ] && [ -n "${DUET_TF_STAND_IN:-}" ] && command -v terraform >/dev/null; then
    digits=$(printf 'a%.0s' {1..64})
    export TF_CLI_CONFIG_FILE=$DUET_TF_STAND_IN TF_IN_AUTOMATION=1 TF_INPUT=0 CHECKPOINT_DISABLE=1
    export AWS_ACCESS_KEY_ID=none AWS_SECRET_ACCESS_KEY=none AWS_EC2_METADATA_DISABLED=true TF_VAR_pin_secret=$secret
    export TF_VAR_image="123456789012.dkr.ecr.eu-west-1.amazonaws.com/duet@sha256:$digits"
    export TF_VAR_lambda_zip="{bucket=\"duet-artifacts\",key=\"lambda/$digits.zip\",sha256=\"$digits\"}"
    unset AWS_PROFILE AWS_SESSION_TOKEN AWS_REGION TF_DATA_DIR TF_WORKSPACE
    check 'terraform/ makes a plan' plan_now
    start now.json
    check 'it says of itself what that plan has' "$tree/tests/support/terraform/same.py" now.json "$control"
    stop
fi
finish
