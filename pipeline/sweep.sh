#!/usr/bin/env bash
# sweep.sh: destroys the environments of pull requests that are closed, or that have lost the label
# `environment`. Which are there is read from the bucket of the states.
#
# Inputs: REPOSITORY (OWNER/NAME), GH_TOKEN, and what terraform.sh destroy wants, DRY_RUN.
# Exit codes: those of common.sh; 1: some could not be destroyed, each is named.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=pipeline/common.sh
. "$here/common.sh"
need REPOSITORY='OWNER/NAME' GH_TOKEN='of the workflow' STATE_BUCKET='bucket of the states'
aws_ready
states=$(aws_call s3api list-objects-v2 --bucket "$STATE_BUCKET" --prefix duet/pr-)
failed=''
for number in $(jq -r '.Contents[]? | .Key | capture("^duet/pr-(?<n>[0-9]+)/terraform.tfstate$").n' <<<"$states"); do
    # A state that was emptied stays where it is.
    resources=$(aws_call s3 cp "s3://$STATE_BUCKET/duet/pr-$number/terraform.tfstate" - | jq '.resources | length')
    [ "$resources" != 0 ] || continue
    request=$(gh api "repos/$REPOSITORY/pulls/$number") || { say "GitHub does not know pull request $number"; failed+=" $number"; continue; }
    if jq -e '.state == "open" and any(.labels[]; .name == "environment")' <<<"$request" >/dev/null; then
        say "pull request $number keeps its environment"
    else
        ENVIRONMENT=pr NUMBER=$number "$here/terraform.sh" destroy || failed+=" $number"
    fi
done
[ -z "$failed" ] || die 1 "not destroyed: those of the pull requests$failed"
