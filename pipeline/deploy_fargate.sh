#!/usr/bin/env bash
# deploy_fargate.sh: puts a release into the idle slot of the Fargate home: a revision of the task
# definition with its image, and the slot's service on it with tasks. Waits until the service is stable and
# its targets are healthy. Weights are not touched. Prints {"slot", "revision", "image", "tasks"}.
#
# The revision is the family's newest, which has Terraform's settings, with the image alone replaced. Run
# again after a failure it goes on: a revision that has the image already is taken.
# Inputs: ENVIRONMENT (dev, qa, prod; pr with NUMBER) or NAME (such as duet-local), RELEASE (the file that push.sh
# wrote), SLOT (else the idle one), TASKS (else as many as the home's busy slot has, at least 1), DRY_RUN.
# Exit codes: those of common.sh; 4: both slots of the home have traffic, or the tasks do not get healthy.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=pipeline/common.sh
. "$here/common.sh"
need RELEASE='the file that push.sh wrote'
need_name
[ -r "$RELEASE" ] || die 2 "there is no file $RELEASE: push.sh writes it"
image=$(jq -er .image "$RELEASE") || die 2 "$RELEASE has no image"
case $image in
*@sha256:* | file:*) ;;
*) die 2 "image '$image' has no digest: a tag may move" ;;
esac
[[ ${TASKS:-1} =~ ^[1-9][0-9]*$ ]] || die 2 "TASKS '$TASKS' is no number over 0"

environment=$("$here/environment.sh")
slot=${SLOT:-$(jq -r '.idle.fargate // empty' <<<"$environment")}
[ -n "$slot" ] || die 4 'both Fargate slots have traffic: promote or roll back what is under way first'
service=$(jq -er --arg slot "$slot" '.slots[$slot].service' <<<"$environment") || die 2 "'$slot' is no Fargate slot"
[ "$(jq --arg slot "$slot" '.slots[$slot].weight' <<<"$environment")" = 0 ] ||
    die 4 "$slot has traffic: a release goes to the idle slot"
cluster=$(jq -r .cluster <<<"$environment")
mapfile -t services < <(jq -r '.slots[].service // empty' <<<"$environment")
tasks=${TASKS:-$(aws_call ecs describe-services --cluster "$cluster" --services "${services[@]}" |
    jq '[1, .services[].desiredCount] | max')}

# stable: waits until the service has its tasks; 1: it gets none that last, or not within ten minutes. AWS's own
# waiter looks each 15 s, and looks on for ten minutes at a service whose image is not there.
stable() {
    local state end=$((SECONDS + 600))
    while [ $SECONDS -lt $end ]; do
        state=$(aws_call ecs describe-services --cluster "$cluster" --services "$service" | jq '.services[0]') || return 1
        ! jq -e '(.deployments | length) == 1 and .runningCount == .desiredCount' <<<"$state" >/dev/null || return 0
        ! jq -e '.deployments[0] | .rolloutState == "FAILED" or .failedTasks >= 2' <<<"$state" >/dev/null || break
        sleep 2
    done
    tell_why "$state"
    return 1
}
tell_why() { # STATE: what AWS says of a service that does not get its tasks
    local gone reasons
    jq -r '.events[:3][].message' <<<"$1" >&2
    mapfile -t gone < <(aws_call ecs list-tasks --cluster "$cluster" --service-name "$service" --desired-status STOPPED | jq -r '.taskArns[:3][]')
    [ ${#gone[@]} -gt 0 ] || return 0
    reasons=$(aws_call ecs describe-tasks --cluster "$cluster" --tasks "${gone[@]}" | jq -r '.tasks[].stoppedReason // empty' | sort -u)
    printf '%s\n' "$reasons" >&2
    [[ $reasons != *CannotPull* ]] || say "$image cannot be pulled: if it is not there, run push.sh for this release again"
}

newest=$(aws_call ecs describe-task-definition --task-definition "$NAME" | jq .taskDefinition)
revision=$(jq -r .taskDefinitionArn <<<"$newest")
if [ "$(jq -r '.containerDefinitions[0].image' <<<"$newest")" != "$image" ]; then
    # What RegisterTaskDefinition takes is what DescribeTaskDefinition tells, without what AWS adds.
    input=$(jq --arg image "$image" 'del(.taskDefinitionArn, .revision, .status, .requiresAttributes,
        .compatibilities, .registeredAt, .registeredBy, .deregisteredAt) | .containerDefinitions[0].image = $image' <<<"$newest")
    if [ "${DRY_RUN:-}" = 1 ]; then
        act aws_call ecs register-task-definition --cli-input-json "$input"
    else
        revision=$(aws_call ecs register-task-definition --cli-input-json "$input" | jq -r .taskDefinition.taskDefinitionArn)
    fi
fi
say "$service: $tasks of ${revision##*/}, $image"
act aws_call ecs update-service --cluster "$cluster" --service "$service" --task-definition "$revision" \
    --desired-count "$tasks" >/dev/null
act stable || die 4 "$service did not get stable: see above; the weights are as they were"
group=$(jq -r --arg slot "$slot" '.slots[$slot].group' <<<"$environment")
act aws_call elbv2 wait target-in-service --target-group-arn "$group" ||
    die 4 "the targets of $slot are not healthy: aws elbv2 describe-target-health says why"
say "$slot has $tasks healthy tasks"
jq -n --arg slot "$slot" --arg revision "$revision" --arg image "$image" --argjson tasks "$tasks" \
    '{$slot, $revision, $image, $tasks}'
