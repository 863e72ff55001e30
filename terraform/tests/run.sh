#!/usr/bin/env bash
# run.sh: the tests of terraform/, for `make tf-test`.
#
# The *.tftest.hcl files run against mocks and need Terraform and the schema of the AWS provider alone,
# which `terraform init` fetches. Environments are applied only where DUET_TF_STAND_IN names a CLI
# configuration file of Terraform whose AWS provider makes no request; an account is never touched.
#
# Works on a copy of terraform/. Prints "ok NAME", "not ok NAME" or "skip NAME: WHY" for each claim, and
# the sum last. Exit status: 0 nothing failed, 1 something did. In CI (CI=true) a skip is a failure.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

export TF_IN_AUTOMATION=1 TF_INPUT=0 CHECKPOINT_DISABLE=1 AWS_EC2_METADATA_DISABLED=true
unset AWS_PROFILE AWS_SESSION_TOKEN AWS_REGION TF_DATA_DIR TF_WORKSPACE
export AWS_ACCESS_KEY_ID=none AWS_SECRET_ACCESS_KEY=none # whatever the provider is: nobody's account
export TF_VAR_pin_secret=0123456789abcdef-secret
digits=$(printf 'a%.0s' {1..64})
export TF_VAR_image="123456789012.dkr.ecr.eu-west-1.amazonaws.com/duet@sha256:$digits"
export TF_VAR_lambda_zip="{bucket=\"duet-artifacts\",key=\"lambda/$digits.zip\",sha256=\"$digits\"}"

quietly() { # COMMAND...: what it prints is shown only when it fails
    "$@" >"$work/quiet.$BASHPID" 2>&1 && return 0
    cat "$work/quiet.$BASHPID"
    return 1
}

prepare() { # a copy that keeps its state in a file, with its provider
    cp -r terraform "$work/tree" || return
    cd "$work/tree" || return
    find . -name .terraform -prune -exec rm -rf {} + -o -name '.terraform.lock.hcl' -exec rm -f {} +
    printf 'terraform {\n  backend "local" {}\n}\n' >backend_override.tf
    quietly terraform init -no-color && quietly terraform init -no-color -test-directory=tests/environments &&
        quietly terraform -chdir=bootstrap init -no-color
}

# --- the HCL tests ---------------------------------------------------------------------------------
hcl_tests() { # FOLDER FILE...: one line for each run of these files, its error before it
    local file
    for file in "${@:2}"; do
        (cd "$work/tree/$1" && terraform test -no-color -filter="tests/$file" 2>&1) |
            awk -v file="${file%.tftest.hcl}" '
                /^  run ".*"\.\.\. pass$/ { gsub(/^  run "|"\.\.\. pass$/, ""); print "ok tf " file ": " $0; runs++; next }
                /^  run ".*"\.\.\. (fail|skip)$/ { gsub(/^  run "|"\.\.\. (fail|skip)$/, ""); print "not ok tf " file ": " $0; runs++; bad++; next }
                /^(Success|Failure)!/ { summed = 1; if (/^Failure/ && !bad) print "not ok tf " file; next }
                NF && !/\.\.\. (in progress|tearing down|pass|fail)$/ { print }
                END { if (!summed || !runs) print "not ok tf " file ": it did not run" }'
    done
}

environments() { # each by its own file of variables
    local environment out
    for environment in dev qa prod pr; do
        local arguments=(-no-color -test-directory=tests/environments "-var-file=env/$environment.tfvars")
        [ "$environment" != pr ] || arguments+=(-var environment=pr-12)
        if out=$(cd "$work/tree" && terraform test "${arguments[@]}" 2>&1) && grep -q '^Success! 1 passed' <<<"$out"; then
            echo "ok tf environment: $environment"
        else
            printf '%s\nnot ok tf environment: %s\n' "$out" "$environment"
        fi
    done
}

# --- plans and applies, with a provider that makes no request --------------------------------------
tf() { # ENVIRONMENT COMMAND ARGUMENT...: on the environment's own state
    local environment=$1 command=$2
    local arguments=(-no-color -lock=false "-state=$work/$environment.tfstate" "-var-file=env/$environment.tfvars")
    [ "$environment" != pr ] || arguments+=(-var environment=pr-12)
    (cd "$work/tree" && terraform "$command" "${arguments[@]}" "${@:3}")
}

applies() { quietly tf "$1" apply -auto-approve; } # ENVIRONMENT

applies_elsewhere() { # the other half of what can be chosen
    cp "$work/tree/env/dev.tfvars" "$work/tree/env/other.tfvars"
    local choice=(-var 'lambda={in_vpc=true,architecture="x86_64",reserved_concurrency=5}'
        -var 'fargate={execute_command=true,spot_weight=0,architecture="x86_64"}' -var 'waf={enabled=true}'
        -var 'existing_network={vpc_id="vpc-1",cidr="10.9.0.0/16",public_subnet_ids=["subnet-1","subnet-2"],private_subnet_ids=["subnet-3","subnet-4"],endpoints=false}')
    quietly tf other apply -auto-approve "${choice[@]}" && no_changes other "${choice[@]}"
}

no_changes() { # ENVIRONMENT ARGUMENT...: the plan has nothing to do
    local out
    out=$(tf "$1" plan -detailed-exitcode "${@:2}" 2>&1) && grep -q '^No changes\.' <<<"$out" && return 0
    printf '%s\n' "$out"
    return 1
}

look() { python3 "$work/tree/tests/state.py" "$1" "$work/$2.tfstate"; } # COMMAND ENVIRONMENT: see there

keeps_the_release() { # an apply with other weights and another memory leaves it where it is
    local before after
    before=$(look released dev) || return
    quietly tf dev apply -auto-approve -var 'lambda={memory_mb=1024}' -var \
        'slots=[{name="lambda-a",weight=100},{name="lambda-b",weight=0},{name="fargate-a",weight=0},{name="fargate-b",weight=0}]' ||
        return
    after=$(look released dev) || return
    grep -qx 'weights \[7, 8, 9, 10\]' <<<"$after" && [ "$before" = "$after" ] && return 0
    diff <(printf '%s\n' "$before") <(printf '%s\n' "$after")
    return 1
}

rebuilds_the_rule() { # and an epoch, asked for, brings the declared weights back, the new rule first
    local out
    out=$(tf dev apply -auto-approve -var rule_epoch=2 2>&1) || { printf '%s\n' "$out"; return 1; }
    look released dev | grep -qx 'weights \[0, 0, 50, 50\]' || { look released dev; return 1; }
    awk '/listener_rule.production: Creation complete/ { made = NR } /listener_rule.production.*Destruction complete/ { gone = NR }
         END { exit !(made && gone && made < gone) }' <<<"$out" || { printf '%s\n' "$out"; return 1; }
}

replaces_a_group() { # a target group makes room for its successor, which the rule has before it goes
    local out
    out=$(tf dev apply -auto-approve -var rule_epoch=2 -replace='module.routing.aws_lb_target_group.fargate["a"]' 2>&1) || { printf '%s\n' "$out"; return 1; }
    awk '/target_group.fargate\["a"\]: Creation complete/ { made = NR } /listener_rule.production: Creation complete/ { ruled = NR }
         /target_group.fargate\["a"\].*Destroying/ { gone = NR }
         END { exit !(made && ruled && gone && made < ruled && ruled < gone) }' <<<"$out" || { printf '%s\n' "$out"; return 1; }
}

refuses() { # TEXT ARGUMENT...: the plan of a new dev fails, and says TEXT
    says "$1" "-state=$work/none.tfstate" "${@:2}"
}

says() { # TEXT ARGUMENT...: the same of the dev that is there
    local out
    out=$(tf dev plan "${@:2}" 2>&1) && { echo 'it was accepted'; return 1; }
    # Terraform breaks lines as it likes.
    tr -s '\n ' ' ' <<<"${out//│/}" | grep -qF -- "$1" || { printf '%s\n' "$out"; return 1; }
}

slots() { # WEIGHT-OF-LAMBDA-A [NAME-OF-THE-SECOND]
    printf 'slots=[{name="lambda-a",weight=%s},{name="%s",weight=0},{name="fargate-a",weight=1},{name="fargate-b",weight=0}]' "$1" "${2:-lambda-b}"
}

# The very first release, in the order of README.md: an account with nothing in it, then bootstrap/, then
# code in its bucket and its repository, then an environment that has nothing but these.
bootstraps() {
    quietly terraform "-chdir=$work/tree/bootstrap" apply -no-color -auto-approve "-state=$work/bootstrap.tfstate" \
        -var 'github={owner="octo",owner_id=12,repository="duet",repository_id=34}'
}

made() { terraform "-chdir=$work/tree/bootstrap" output -raw "-state=$work/bootstrap.tfstate" "$1"; } # OUTPUT

first_release() {
    local code
    export TF_VAR_permissions_boundary_arn
    TF_VAR_permissions_boundary_arn=$(made permissions_boundary_arn)
    code=("image=$(made repository_url)@sha256:$digits"
        "lambda_zip={bucket=\"$(made artifact_bucket)\",key=\"lambda/$digits.zip\",sha256=\"$digits\"}")
    [[ $(made state_bucket) == duet-state-* && ${code[0]} == image=*.dkr.ecr.*/duet@* ]] || { printf '%s\n' "${code[@]}"; return 1; }
    cp "$work/tree/env/qa.tfvars" "$work/tree/env/first.tfvars"
    quietly tf first apply -auto-approve -var "${code[0]}" -var "${code[1]}" &&
        no_changes first -var "${code[0]}" -var "${code[1]}" || return
    # The task's own role may pull from that repository, and from no other.
    grep -q 'ecr:BatchGetImage.*repository/duet' "$work/first.tfstate" || { echo 'tasks cannot pull the image'; return 1; }
    # All roles have the boundary, without which the role apply could not make them.
    [ "$(grep -c '"permissions_boundary": ".*ci-duet-boundary"' "$work/first.tfstate")" = 4 ] || { echo 'a role has no boundary'; return 1; }
}

stand_in_tests() {
    local environment
    check 'tf first release: bootstrap' bootstraps
    check 'tf first release: its buckets are versioned, encrypted and private' look buckets bootstrap
    check 'tf first release: an environment from what it made' first_release
    check 'tf first release: so is the bucket of access logs' look buckets first
    for environment in dev qa prod pr; do
        check "tf apply: $environment" applies "$environment"
        check "tf apply: $environment again: no changes" no_changes "$environment"
        check "tf apply: $environment: times, settings and ways are as they must be" look wired "$environment"
    done
    check 'tf apply: an existing VPC without endpoints, the function in it' applies_elsewhere
    check 'tf release: weights, version, code, revision, count are changed' look edit dev
    check 'tf release: the plan says no changes' no_changes dev
    check 'tf release: an apply of other settings leaves all of it' keeps_the_release
    check 'tf release: an epoch brings the declared weights back, without a gap' rebuilds_the_rule
    check 'tf release: target groups are replaced, without a gap' replaces_a_group
    check 'tf refuses: another port than the services have' says 'fargate.port is 9090, but the services were made with 8080' \
        -var 'fargate={port=9090}'
    check 'tf refuses: two slots alike' refuses 'slots: two are alike: lambda-a.' -var "$(slots 1 lambda-a)"
    check 'tf refuses: a weight over 999' refuses 'from 0 to 999: lambda-a has 1000.' -var "$(slots 1000)"
    check 'tf refuses: an image by tag' refuses "image is 'duet:latest': it must be named by digest" -var image=duet:latest
    check 'tf refuses: a domain without a zone' refuses "domain_name is 'duet.example.com' but there is no zone_id" \
        -var domain_name=duet.example.com
    check 'tf refuses: CIDRs that overlap' refuses 'subnets overlap: public 2 (10.0.1.0/24) and private 1 (10.0.1.128/25).' -var \
        'network={cidr="10.0.0.0/16",public_cidrs=["10.0.0.0/24","10.0.1.0/24"],private_cidrs=["10.0.1.128/25","10.0.3.0/24"]}'
}

# --- policies ------------------------------------------------------------------------------------
stars() { # each star that stands for anything has its reason: beside it, or where its list begins
    local bad
    bad=$(find terraform -name '*.tf' -exec awk '
        /\[ # star: / { given = 1 }
        /^ *\]/ { given = 0 }
        /"[^"]*\*"/ && !/# star: / && !/values += \[|regex\(|ecr_form/ && !given { print "no reason: " FILENAME ":" FNR ": " $0 }' {} +)
    [ -z "$bad" ] && return 0
    printf '%s\n' "$bad"
    return 1
}

suite() {
    check 'tf policies: no star without its reason' stars
    if ! command -v terraform >/dev/null; then
        skip 'tf tests' 'terraform is missing (1.11 or newer)'
        return
    fi
    if [ -n "${DUET_TF_STAND_IN:-}" ]; then
        export TF_CLI_CONFIG_FILE=$DUET_TF_STAND_IN
    else # the provider is large: fetched once
        export TF_PLUGIN_CACHE_DIR=${DUET_CACHE:-$HOME/.cache/duet}/terraform
        mkdir -p "$TF_PLUGIN_CACHE_DIR"
    fi
    if ! out=$(prepare); then
        printf '%s\n' "$out"
        skip 'tf tests' 'terraform init failed, as it says above'
        return
    fi
    {
        hcl_tests . bad_input.tftest.hcl
        hcl_tests bootstrap bootstrap.tftest.hcl
        environments
    } >"$work/beside" & # two cores are better than one
    hcl_tests . architecture.tftest.hcl network.tftest.hcl routing.tftest.hcl services.tftest.hcl
    if [ -n "${DUET_TF_STAND_IN:-}" ]; then
        stand_in_tests
    else
        skip 'tf apply' 'DUET_TF_STAND_IN names no provider that makes no request'
    fi
    wait
    cat "$work/beside"
}

suite 2>&1 | tee "$work/out"
passed=$(grep -c '^ok ' "$work/out")
failed=$(grep -c '^not ok ' "$work/out")
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
