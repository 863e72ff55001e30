#!/usr/bin/env bash
# terraform.sh plan|apply|drift|destroy: Terraform on one environment.
#   plan     what an apply would do, as build/plan/ENVIRONMENT.txt
#   apply    plans, and applies where there is something to do; not while a canary holds its lock
#   drift    as plan; build/plan/ENVIRONMENT.drift is there when something differs
#   destroy  an environment of a pull request, and no other
#
# Inputs: ENVIRONMENT (dev, qa, prod; pr with NUMBER), STATE_BUCKET, the variables of terraform/ as TF_VAR_*
# (image, lambda_zip, pin_secret; that also as PIN_SECRET_DEV, ...), DRY_RUN (apply and destroy only plan).
# Exit codes: those of common.sh; 1: Terraform found something wrong; 4: a canary runs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=pipeline/common.sh
. "$here/common.sh"
need ENVIRONMENT='dev, qa, prod or pr'
own_secret=PIN_SECRET_${ENVIRONMENT^^} # where one job has those of several
export TF_VAR_pin_secret=${TF_VAR_pin_secret:-${!own_secret:-}}
need STATE_BUCKET='bucket of the states' TF_VAR_image='the first image' \
    TF_VAR_lambda_zip='the first zip' TF_VAR_pin_secret='secret of the pin rule'
need_name
command=${1:-}
case $command in plan | apply | drift) ;; destroy)
    [ "$ENVIRONMENT" = pr ] || die 2 "destroy: '$ENVIRONMENT' is not pr; other environments are nothing for a script"
    ;;
*) die 2 "'$command' is not plan, apply, drift or destroy" ;; esac
cd "$here/../terraform"
[ -r "env/$ENVIRONMENT.tfvars" ] || die 2 "there is no terraform/env/$ENVIRONMENT.tfvars"
environment=${NAME#duet-}
out=$here/../build/plan
mkdir -p "$out"
rm -f "$out/$environment".*

export TF_IN_AUTOMATION=1 TF_INPUT=0
terraform init -no-color -backend-config="env/$ENVIRONMENT.s3.tfbackend" -backend-config="bucket=$STATE_BUCKET" \
    -backend-config="key=duet/$environment/terraform.tfstate" >"$out/init.log" 2>&1 ||
    { cat "$out/init.log" >&2; die 1 "terraform init failed: is s3://$STATE_BUCKET there, and may this role read it?"; }

# The roles that only read cannot take the state's lock.
options=(-no-color -detailed-exitcode -var-file "env/$ENVIRONMENT.tfvars" -var "environment=$environment" -out "$out/$environment.plan")
case $command in
plan | drift) options+=(-lock=false) ;;
destroy) options+=(-destroy) ;;
esac
status=0
terraform plan "${options[@]}" >"$out/$environment.log" 2>&1 || status=$?
[ "$status" -ne 1 ] || { cat "$out/$environment.log" >&2; die 1 "terraform plan of $NAME failed"; }
terraform show -no-color "$out/$environment.plan" >"$out/$environment.txt"
case $command:$status in
*:0) say "$NAME is as terraform/ says" ;;
drift:2) cp "$out/$environment.txt" "$out/$environment.drift" && say "$NAME differs from terraform/" ;;
plan:2) say "changes for $NAME: build/plan/$environment.txt" ;;
apply:2 | destroy:2)
    # A canary and an apply would write the same rule's surroundings: one waits for the other.
    "$here/lock.sh"
    act terraform apply -no-color "$out/$environment.plan"
    ;;
esac
