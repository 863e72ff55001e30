#!/usr/bin/env bash
# canary.sh: moves each home's traffic from its busy slot to the idle one, by `duet canary`: Lambda first,
# then Fargate. A home without traffic is passed over. When one home is rolled back, the other goes back to
# where it was, so that an environment runs one version, or the one before.
#
# PLAN is a plan of pipeline/canary/plans/ (its name or a path): steps, checks, times. Rule, slots, lock,
# capacity and smoke are this environment's. Recordings, reports and plans are left in build/canary/.
# Inputs: ENVIRONMENT (dev, qa, prod; pr with NUMBER) or NAME, PLAN (canary), HOMES ("lambda fargate"),
# PIN_SECRET (smoke of the slots before a user; none without), DUET (build/duet), DRY_RUN (makes the plans).
# Exit codes: those of common.sh; 1: rolled back, 4: held by the plan, or the lock is somebody else's.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=pipeline/common.sh
. "$here/common.sh"
need_name
duet=${DUET:-$here/../build/duet}
plan=${PLAN:-canary}
[ -r "$plan" ] || plan=$here/canary/plans/$plan.json
[ -r "$plan" ] || die 2 "there is no plan '$PLAN': a file, or one of $(cd "$here/canary/plans" && echo *.json)"
jq -e . "$plan" >/dev/null || die 2 "$plan is no JSON"
[ -x "$duet" ] || die 2 "there is no $duet: make builds it"
out=${OUT:-$here/../build/canary}
mkdir -p "$out"
rm -f "$out"/*
"$here/lock.sh"
"$here/environment.sh" >"$out/before.json"

make_plan() { # HOME: its plan and the way back as files; 1 when the home has no traffic
    jq -e --arg home "$1" --arg lock "$(lock_name)" --arg pin "${PIN_SECRET:+yes}" --slurpfile before "$out/before.json" \
        --argjson tasks "$2" '
        $before[0] as $all | [$all.slots | to_entries[] | select(.value.home == $home)] as $slots
        | ($slots | map(select(.value.weight > 0)) | first) as $stable | ($slots | map(select(.value.weight == 0)) | first) as $canary
        | if $stable == null then empty elif $canary == null then error("\($home): both slots have traffic") else . end
        | del(.rule, .lock, .capacity, .smoke) + {name: "\($all.name) \($home)", lock: $lock, rule: {arn: $all.rule},
            stable: ($stable.value.group | split("/")[1]), canary: ($canary.value.group | split("/")[1])}
        + if $home == "fargate" then {capacity: {cluster: $all.cluster, service: $canary.value.service,
            stable_service: $stable.value.service, $tasks, min: 1, max: ([$tasks, 10] | max)}} else {} end
        + if $pin == "" then {} else {smoke: {url: "\($all.url)/gtg", secret_variable: "PIN_SECRET", slot: $canary.key}} end' \
        "$plan" >"$out/$1.json" || { rm -f "$out/$1.json"; return 1; }
    # A function has no health checks: its old slot too is asked before it has users.
    jq --arg slot "$(jq -r --arg home "$1" '.slots | to_entries[] | select(.value.home == $home and .value.weight > 0).key' "$out/before.json")" '
        .name += ", back" | {name, lock, rule, stable: .canary, canary: .stable, steps: [{share: "all"}],
        on_failure: "hold", on_signal: "hold"} + (if .smoke then {smoke: (.smoke + {$slot})} else {} end)' "$out/$1.json" >"$out/$1-back.json"
}

report() { # HOME: for people, and for the summary of a job
    [ -s "$out/$1.jsonl" ] || return 0
    "$duet" canary report "$out/$1.jsonl" --svg "$out/$1.svg" >"$out/$1.md" || { say "no report of $1"; return 0; }
    [ -z "${GITHUB_STEP_SUMMARY:-}" ] || cat "$out/$1.md" >>"$GITHUB_STEP_SUMMARY"
}

mapfile -t services < <(jq -r '.slots[].service // empty' "$out/before.json")
cluster=$(jq -r .cluster "$out/before.json")
tasks=$(aws_call ecs describe-services --cluster "$cluster" --services "${services[@]}" | jq '[1, .services[].desiredCount] | max')
done=()
for home in ${HOMES:-lambda fargate}; do
    make_plan "$home" "$tasks" || { say "$home has no traffic to move"; continue; }
    act "$duet" canary run "$out/$home.json" --record "$out/$home.jsonl" && status=0 || status=$?
    [ "${DRY_RUN:-}" = 1 ] || report "$home"
    case $status in
    0) done+=("$home") && continue ;;
    1)
        for other in "${done[@]}"; do "$duet" canary run "$out/$other-back.json"; done
        die 1 "rolled back: see $out"
        ;;
    2) die 2 "$out/$home.json is no plan" ;;
    3 | 4) die 4 'held: duet canary resume, promote or rollback goes on' ;;
    6 | 7) die 4 'somebody else is at work on the rule: it was left as it is' ;;
    *) die 3 "the canary ended with $status" ;;
    esac
done
touch "$out/promoted"
say "${done[*]:-no home} of $NAME: promoted"
