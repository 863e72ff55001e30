#!/usr/bin/env bash
# plan_comment.sh FOLDER...: Terraform's plans (FOLDER/ENVIRONMENT.txt, as terraform.sh wrote them) as one
# comment of a pull request. The comment of an earlier run is changed, not added to.
#
# Inputs: REPOSITORY (OWNER/NAME), PULL_REQUEST (its number), COMMIT (that was planned), GH_TOKEN, DRY_RUN
# (prints the comment).
# Exit codes: those of common.sh; 3: GitHub refused.
set -euo pipefail
# shellcheck source=pipeline/common.sh
. "$(dirname "$0")/common.sh"
need REPOSITORY='OWNER/NAME' PULL_REQUEST='its number' COMMIT='that was planned'
[[ $PULL_REQUEST =~ ^[0-9]+$ ]] || die 2 "PULL_REQUEST '$PULL_REQUEST' is no number"
[ $# -gt 0 ] || die 2 'no folder with plans'
mark='<!-- duet: terraform plan -->'
each=$((60000 / $#)) # GitHub takes 65,536 characters

body=$(
    printf '%s\n### Terraform plan of %s\n' "$mark" "${COMMIT:0:12}"
    for folder; do
        found=
        for file in "$folder"/*.txt; do
            [ -r "$file" ] || continue
            found=1
            summary=$(grep -E '^(Plan:|No changes)' "$file" | head -n 1)
            printf '\n<details><summary><b>%s</b>: %s</summary>\n\n````\n' "$(basename "$file" .txt)" "${summary:-no summary}"
            head -c "$each" "$file"
            [ "$(stat -c %s "$file")" -le "$each" ] || printf '\n... cut; the whole plan is an artifact of this run\n'
            printf '\n````\n</details>\n'
        done
        [ -n "$found" ] || printf '\n**%s**: the plan failed; see its job.\n' "${folder##*plan-}"
    done
)
if [ "${DRY_RUN:-}" = 1 ]; then
    printf '%s\n' "$body"
    exit
fi
need GH_TOKEN='of the workflow'
comments=$(gh api --paginate "repos/$REPOSITORY/issues/$PULL_REQUEST/comments") || die 3 'GitHub does not show the comments'
old=$(jq -rs --arg mark "$mark" 'add // [] | map(select(.body | startswith($mark))) | last | .id // empty' <<<"$comments")
if [ -n "$old" ]; then
    set -- --method PATCH "repos/$REPOSITORY/issues/comments/$old"
else
    set -- "repos/$REPOSITORY/issues/$PULL_REQUEST/comments"
fi
printf '%s\n' "$body" | gh api "$@" -F body=@- --jq .html_url || die 3 'GitHub did not take the comment'
