#!/usr/bin/env bash
# canary.sh: moves each home's traffic from its busy slot to the idle one, by `duet canary`: Lambda first,
# then Fargate. A home without traffic is passed over. When one home is rolled back, the other goes back to
# where it was, so that an environment runs one version, or the one before.
#
# PLAN is a plan of pipeline/canary/plans/ (its name or a path): steps, checks, times. Rule, slots, lock,
# capacity and smoke are this environment's. Recordings, reports and plans are left in build/canary/.
# Inputs: ENVIRONMENT (dev, qa, prod; pr with NUMBER) or NAME, PLAN (canary), HOMES ("lambda fargate"),
# PIN_SECRET (smoke of the slots before a user; none without), DUET (build/duet), DRY_RUN (makes the plans).
# Told to end (SIGTERM, SIGINT: a job that is canceled) it tells the canary, which then is held or rolled back as
# its plan says (on_signal), and begins no other home; rollback.sh, or the next run, goes on from there.
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

report() { # HOME: for people, and for the summary of a job
    [ -s "$out/$1.jsonl" ] || return 0
    "$duet" canary report "$out/$1.jsonl" --svg "$out/$1.svg" >"$out/$1.md" || { say "no report of $1"; return 0; }
    [ -z "${GITHUB_STEP_SUMMARY:-}" ] || cat "$out/$1.md" >>"$GITHUB_STEP_SUMMARY"
}

child='' told=''
told_to_end() {
    told=yes heard=yes
    [ -z "$child" ] || kill -TERM "$child" 2>/dev/null || true
}
trap told_to_end INT TERM
conduct() { # WORD...: `duet canary` to its end, whatever this script is told meanwhile; gives its exit status
    local status=0
    "$duet" canary "$@" &
    child=$!
    [ -z "$told" ] || kill -TERM "$child" 2>/dev/null || true
    heard=yes
    while [ -n "$heard" ]; do # a signal ends the wait, not the canary
        heard='' status=0
        wait "$child" || status=$?
    done
    child=''
    return "$status"
}

mapfile -t services < <(jq -r '.slots[].service // empty' "$out/before.json")
cluster=$(jq -r .cluster "$out/before.json")
tasks=$(aws_call ecs describe-services --cluster "$cluster" --services "${services[@]}" | jq '[1, .services[].desiredCount] | max')
done=()
for home in ${HOMES:-lambda fargate}; do
    status=0
    "$here/canary_plan.sh" "$plan" "$out" "$home" "$tasks" || status=$?
    [ "$status" != 1 ] || { say "$home has no traffic to move"; continue; }
    [ "$status" = 0 ] || exit "$status"
    if [ "${DRY_RUN:-}" = 1 ]; then
        act "$duet" canary run "$out/$home.json"
        continue
    fi
    [ -z "$told" ] || die 4 "told to end before $home: rollback.sh takes back what was promoted"
    conduct run "$out/$home.json" --record "$out/$home.jsonl" && status=0 || status=$?
    report "$home"
    case $status in
    0) done+=("$home") && continue ;;
    1)
        for other in "${done[@]}"; do
            "$duet" canary run "$out/$other-back.json" || die 3 "$home is rolled back, but $other did not go back: run rollback.sh"
        done
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
