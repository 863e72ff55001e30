#!/usr/bin/env bash
# github_setup.sh: prepares a GitHub repository for the workflows, from the outputs of terraform/bootstrap:
# environments with their protection, variables, branch protection of main with the required checks. Run
# again, it brings all of that back to what stands here.
#
# Inputs: REPOSITORY (OWNER/NAME), REVIEWERS (logins, separated by commas, who approve prod), AWS_REGION,
# FIRST_IMAGE and FIRST_ZIP (of the first apply; see terraform/README.md), DRY_RUN. The tool gh is logged in
# as an administrator of the repository, and terraform/bootstrap has been applied from this checkout.
# The secret PIN_SECRET is set by hand, as this ends by saying.
# Exit codes: those of common.sh; 3: GitHub refused.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=pipeline/common.sh
. "$here/common.sh"
need REPOSITORY='OWNER/NAME' REVIEWERS='who approve prod' AWS_REGION='of the environments' \
    FIRST_IMAGE='REPOSITORY@sha256:...' FIRST_ZIP='{"bucket":...,"key":...,"sha256":...}'
jq -e '.bucket and .key and .sha256' <<<"$FIRST_ZIP" >/dev/null || die 2 'FIRST_ZIP is no JSON with bucket, key and sha256'
outputs=$(terraform "-chdir=$here/../terraform/bootstrap" output -json) || die 4 'terraform/bootstrap has no outputs: apply it first'
output() { jq -er "$1" <<<"$outputs" || die 4 "terraform/bootstrap has no output $1"; }

github() { # METHOD PATH [BODY]
    act gh api --silent --method "$1" "repos/$REPOSITORY/$2" --input - <<<"${3:-{\}}" || die 3 "GitHub refused $1 $2"
}
variable() { # NAME VALUE
    act gh variable set "$1" --repo "$REPOSITORY" --body "$2" || die 3 "GitHub refused the variable $1"
}

people='[]'
for login in ${REVIEWERS//,/ }; do
    id=$(gh api "users/$login" --jq .id) || die 2 "REVIEWERS: GitHub knows no '$login'"
    people=$(jq -c --argjson id "$id" '. + [{type: "User", id: $id}]' <<<"$people")
done

# prod waits for a person who did not start the release; what main alone may do, main alone does.
from_main='{"deployment_branch_policy": {"protected_branches": true, "custom_branch_policies": false}}'
for environment in release dev qa; do
    github PUT "environments/$environment" "$from_main"
done
github PUT environments/prod "$(jq -c --argjson people "$people" '. + {reviewers: $people, prevent_self_review: true}' <<<"$from_main")"
github PUT environments/plan '{}'
github PUT environments/pr '{}'

variable AWS_REGION "$AWS_REGION"
variable STATE_BUCKET "$(output .state_bucket.value)"
variable ARTIFACT_BUCKET "$(output .artifact_bucket.value)"
variable IMAGE_REPOSITORY "$(output .repository_url.value)"
variable PERMISSIONS_BOUNDARY "$(output .permissions_boundary_arn.value)"
variable FIRST_IMAGE "$FIRST_IMAGE"
variable FIRST_ZIP "$FIRST_ZIP"
for role in plan push apply canary; do
    variable "ROLE_${role^^}" "$(output ".role_arns.value.$role")"
done

checks=$(jq -nc '["make lint", "make test", "make test-asan", "make test-tsan", "make tf-test", "packages and images",
    "a release, rehearsed"]')
github PUT branches/main/protection "$(jq -nc --argjson checks "$checks" '{
    required_status_checks: {strict: true, contexts: $checks}, enforce_admins: true, restrictions: null,
    required_pull_request_reviews: {required_approving_review_count: 1, dismiss_stale_reviews: true},
    required_linear_history: true, allow_force_pushes: false, allow_deletions: false}')"
say "ready. The pin's secret is yours to set, for each environment its own; plan has those of all three:"
for environment in dev qa prod; do
    say "  secret=\$(openssl rand -hex 16); for to in '$environment PIN_SECRET' 'plan PIN_SECRET_${environment^^}'; do"
    say "    set -- \$to; gh secret set \$2 --env \$1 --repo $REPOSITORY --body \$secret; done"
done
say "  openssl rand -hex 16 | gh secret set PIN_SECRET --env pr --repo $REPOSITORY"
