#!/usr/bin/env bash
# service_stable.sh CLUSTER SERVICE REVISION: waits until an ECS service has its tasks, and all of that revision (an
# ARN). AWS's own waiter looks each 15 s, looks on for ten minutes at a service whose image is not there, and takes one
# that its circuit breaker has set back to the revision before for stable; this one ends when tasks fail, and says why.
#
# Exit codes: 0 it has them, 1 it gets none that last, or not within ten minutes, 3 AWS refused or cannot be reached.
set -euo pipefail
# shellcheck source=pipeline/common.sh
. "$(dirname "$0")/common.sh"
cluster=$1 service=$2 revision=$3

tell_why() { # STATE: what AWS says of a service that does not get its tasks
    local gone reasons
    jq -r '.events[:3][].message' <<<"$1" >&2
    mapfile -t gone < <(aws_call ecs list-tasks --cluster "$cluster" --service-name "$service" --desired-status STOPPED | jq -r '.taskArns[:3][]')
    [ ${#gone[@]} -gt 0 ] || return 0
    reasons=$(aws_call ecs describe-tasks --cluster "$cluster" --tasks "${gone[@]}" | jq -r '.tasks[].stoppedReason // empty' | sort -u)
    printf '%s\n' "$reasons" >&2
    [[ $reasons != *CannotPull* ]] || say 'the image cannot be pulled: if it is not there, run push.sh for this release again'
}

end=$((SECONDS + 600))
while [ $SECONDS -lt $end ]; do
    state=$(aws_call ecs describe-services --cluster "$cluster" --services "$service" | jq '.services[0]')
    primary=$(jq '.deployments[] | select(.status == "PRIMARY")' <<<"$state")
    [ "$(jq -r .taskDefinition <<<"$primary")" = "$revision" ] || break
    ! jq -e '(.deployments | length) == 1 and .runningCount == .desiredCount' <<<"$state" >/dev/null || exit 0
    ! jq -e '.rolloutState == "FAILED" or .failedTasks >= 2' <<<"$primary" >/dev/null || break
    sleep 2
done
tell_why "$state"
exit 1
