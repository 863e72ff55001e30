#!/usr/bin/env bash
# drift_issue.sh: keeps one issue open for an environment that differs from terraform/, with what differs;
# closes it when the environment is as terraform/ says again. After terraform.sh drift.
#
# Inputs: ENVIRONMENT, REPOSITORY (OWNER/NAME), GH_TOKEN, DRY_RUN (says what it would do).
# Exit codes: those of common.sh; 3: GitHub refused.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=pipeline/common.sh
. "$here/common.sh"
need ENVIRONMENT='dev, qa or prod' REPOSITORY='OWNER/NAME' GH_TOKEN='of the workflow'
title="Drift: $ENVIRONMENT is not what terraform/ says"
drift=$here/../build/plan/$ENVIRONMENT.drift

number=$(gh issue list --repo "$REPOSITORY" --state open --search "in:title \"$title\"" --json number,title |
    jq --arg title "$title" 'map(select(.title == $title)) | first | .number // empty') || die 3 'GitHub does not show the issues'
if [ ! -e "$drift" ]; then
    [ -z "$number" ] || act gh issue close "$number" --repo "$REPOSITORY" --comment 'As terraform/ says again.'
    exit 0
fi
fence='````'
body=$fence$'\n'$(head -c 60000 "$drift")$'\n'$fence
if [ -n "$number" ]; then
    act gh issue edit "$number" --repo "$REPOSITORY" --body "$body"
else
    act gh issue create --repo "$REPOSITORY" --title "$title" --body "$body"
fi
