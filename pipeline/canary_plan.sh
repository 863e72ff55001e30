#!/usr/bin/env bash
# canary_plan.sh PLAN FOLDER HOME TASKS: a plan's steps, checks and times with the rule, slots, lock, capacity and smoke
# of an environment's home, as FOLDER/HOME.json; and the way back, all at once, as FOLDER/HOME-back.json.
#
# Inputs: FOLDER/before.json (what environment.sh says), NAME, PIN_SECRET (with it, a smoke of the slots), TASKS of the
# busiest Fargate slot.
# Exit codes: 0 both are written, 1 the home has no traffic, 4 both of its slots have some.
set -euo pipefail
# shellcheck source=pipeline/common.sh
. "$(dirname "$0")/common.sh"
plan=$1 out=$2 home=$3 tasks=$4
slots() { jq -r --arg home "$home" ".slots | to_entries[] | select(.value.home == \$home and .value.weight $1).key" "$out/before.json"; } # TEST
stable=$(slots '> 0')
[ -n "$stable" ] || exit 1
canary=$(slots '== 0')
[ -n "$canary" ] || die 4 "both slots of $home have traffic: promote or roll back what is under way first"

jq --arg home "$home" --arg stable "$stable" --arg canary "$canary" --arg lock "$(lock_name)" --arg pin "${PIN_SECRET:+yes}" \
    --argjson tasks "$tasks" --slurpfile before "$out/before.json" '
    $before[0] as $all | $all.slots[$stable] as $from | $all.slots[$canary] as $to
    | del(.rule, .lock, .capacity, .smoke) + {name: "\($all.name) \($home)", lock: $lock, rule: {arn: $all.rule},
        stable: ($from.group | split("/")[1]), canary: ($to.group | split("/")[1])}
    + if $home == "fargate" then {capacity: {cluster: $all.cluster, service: $to.service,
        stable_service: $from.service, $tasks, min: 1, max: ([$tasks, 10] | max)}} else {} end
    + if $pin == "" then {} else {smoke: {url: "\($all.url)/gtg", secret_variable: "PIN_SECRET", slot: $canary}} end' \
    "$plan" >"$out/$home.json"
# A function has no health checks: its old slot too is asked before it has users.
jq --arg slot "$stable" '.name += ", back" | {name, lock, rule, stable: .canary, canary: .stable, steps: [{share: "all"}],
    on_failure: "hold", on_signal: "hold"} + (if .smoke then {smoke: (.smoke + {$slot})} else {} end)' \
    "$out/$home.json" >"$out/$home-back.json"
