#!/usr/bin/env bash
# environment.sh: finds the parts of an environment by their names and tags, and prints them as JSON:
#   {"name", "url", "load_balancer", "rule", "function", "cluster", "slots": {"lambda-a": {"home", "group",
#    "weight", "alias" or "service"}, ...}, "idle": {"lambda": "lambda-b", "fargate": "fargate-b"}}
# `idle` has for each home its slot of weight 0, to which a release goes, or null where both have traffic.
#
# Inputs: ENVIRONMENT (dev, qa, prod; pr with NUMBER), or NAME (such as duet-local, the rig).
# Exit codes: those of common.sh.
set -euo pipefail
# shellcheck source=pipeline/common.sh
. "$(dirname "$0")/common.sh"
need_name
aws_ready

balancer=$(aws_call elbv2 describe-load-balancers --names "$NAME" | jq '.LoadBalancers[0]')
arn=$(jq -r .LoadBalancerArn <<<"$balancer")
groups=$(aws_call elbv2 describe-target-groups --load-balancer-arn "$arn" | jq '.TargetGroups')
mapfile -t group_arns < <(jq -r '.[].TargetGroupArn' <<<"$groups")
tags=$(aws_call elbv2 describe-tags --resource-arns "${group_arns[@]}" | jq '.TagDescriptions')
listeners=$(aws_call elbv2 describe-listeners --load-balancer-arn "$arn" | jq '.Listeners')

rules='[]'
for listener in $(jq -r '.[].ListenerArn' <<<"$listeners"); do
    more=$(aws_call elbv2 describe-rules --listener-arn "$listener")
    rules=$(jq --argjson more "$more" '. + $more.Rules' <<<"$rules")
done

jq -n --arg name "$NAME" --argjson balancer "$balancer" --argjson tags "$tags" --argjson rules "$rules" \
    --argjson listeners "$listeners" '
    ($tags | map({key: (.Tags[] | select(.Key == "Slot").Value), value: .ResourceArn}) | from_entries) as $slots
    | ($rules | map(select([.Actions[].ForwardConfig?.TargetGroups[]?.TargetGroupArn] | sort
                           == ($slots | [.[]] | sort))) | first) as $rule
    | if ($slots | length) != 4 then error("not four target groups with the tag Slot") else . end
    | if $rule == null then error("no rule forwards to all four slots") else . end
    | ($rule.Actions[-1].ForwardConfig.TargetGroups | map({key: .TargetGroupArn, value: .Weight}) | from_entries) as $weights
    | ($slots | with_entries(.key as $slot | ($slot | split("-")) as [$home, $letter]
        | .value = {home: $home, group: .value, weight: $weights[.value]}
          + if $home == "lambda" then {alias: $letter} else {service: "\($name)-\($letter)"} end)) as $slots
    | ($listeners | map(select(.Protocol == "HTTPS")) + $listeners | first) as $listener
    | {name: $name, load_balancer: $balancer.LoadBalancerArn, rule: $rule.RuleArn, function: $name, cluster: $name,
       url: "\($listener.Protocol | ascii_downcase)://\($balancer.DNSName):\($listener.Port)",
       slots: $slots,
       idle: (["lambda", "fargate"] | map({key: ., value: (. as $home
           | [$slots | to_entries[] | select(.value.home == $home and .value.weight == 0).key] | sort | last)}) | from_entries)}' ||
    die 4 "$NAME is not what terraform/ makes: see above"
