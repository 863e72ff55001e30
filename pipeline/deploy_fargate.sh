#!/usr/bin/env bash
# deploy_fargate.sh: puts a release into the idle slot of the Fargate home: a revision of the task
# definition with its image, and the slot's service on it with tasks. Waits until the service is stable and
# its targets are healthy. Weights are not touched. Prints {"slot", "revision", "image", "tasks"}.
#
# The revision is the family's newest, which has Terraform's settings, with the image alone replaced. Run
# again after a failure it goes on: a revision that has the image already is taken. A slot whose tasks do not
# get healthy gets back the revision and the tasks that it had.
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
before=$(aws_call ecs describe-services --cluster "$cluster" --services "${services[@]}")
tasks=${TASKS:-$(jq '[1, .services[].desiredCount] | max' <<<"$before")}

give_back() { # WORD...: ends, with the slot as it was
    local was
    was=$(jq --arg service "$service" '.services[] | select(.serviceName == $service)' <<<"$before")
    aws_call ecs update-service --cluster "$cluster" --service "$service" --task-definition "$(jq -r .taskDefinition <<<"$was")" \
        --desired-count "$(jq -r .desiredCount <<<"$was")" >/dev/null || die 4 "$*; $service was not set back"
    die 4 "$*; $service has back what it had, and the weights are as they were"
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
act "$here/service_stable.sh" "$cluster" "$service" "$revision" || give_back "$service did not get stable: see above"
group=$(jq -r --arg slot "$slot" '.slots[$slot].group' <<<"$environment")
act aws_call elbv2 wait target-in-service --target-group-arn "$group" ||
    give_back "the targets of $slot are not healthy: aws elbv2 describe-target-health --target-group-arn $group says why"
say "$slot has $tasks healthy tasks"
jq -n --arg slot "$slot" --arg revision "$revision" --arg image "$image" --argjson tasks "$tasks" \
    '{$slot, $revision, $image, $tasks}'
