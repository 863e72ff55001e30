#!/usr/bin/env bash
# rollback.sh: leaves an environment as it was before a release that did not finish: the canary that runs is
# rolled back, and a home that was promoted already goes back too. After a release that did finish, or where
# none began, it does nothing. As the last step of a job it runs whatever happened before it.
#
# With FORCE=1, by hand: whoever's canary runs is rolled back; else each home goes back to its idle slot,
# which has the release before as long as it is warm.
# Inputs: ENVIRONMENT (dev, qa, prod; pr with NUMBER) or NAME, FORCE, OUT (build/canary, where canary.sh
# left its plans), DUET (build/duet), DRY_RUN.
# Exit codes: those of common.sh; 4: somebody else's canary runs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=pipeline/common.sh
. "$here/common.sh"
need_name
duet=${DUET:-$here/../build/duet}
export OUT=${OUT:-$here/../build/canary}

if [ "${FORCE:-}" != 1 ] && { [ ! -e "$OUT/before.json" ] || [ -e "$OUT/promoted" ]; }; then
    say 'nothing to roll back'
    exit
fi
[ -x "$duet" ] || die 2 "there is no $duet: make builds it"
held=0
why=$("$here/lock.sh" 2>&1) || held=$?
[ "$held" = 0 ] || [ "$held" = 4 ] || { printf '%s\n' "$why" >&2; exit "$held"; }
if [ "${FORCE:-}" = 1 ] && [ "$held" = 0 ]; then
    PLAN=switch act "$here/canary.sh"
    exit
fi
if [ "$held" = 4 ]; then
    run=$("$duet" canary status --lock "$(lock_name)" --json | jq -r .run)
    # By its plan, which knows capacity and hooks, where that is here; else by its lock.
    record=$(grep -lsF "$run" "$OUT"/*.jsonl || true)
    [ -n "$record" ] || [ "${FORCE:-}" = 1 ] || die 4 'the canary that runs is not of this release: it is left alone'
    which=(--lock "$(lock_name)")
    [ -z "$record" ] || which=("${record%.jsonl}.json")
    act "$duet" canary rollback "${which[@]}" --force || die 3 'the canary was not rolled back: see above'
fi
# What was promoted before that: where the weights are not those of before, the way back is run.
[ -e "$OUT/before.json" ] || exit 0
now=$("$here/environment.sh")
for back in "$OUT"/*-back.json; do
    home=$(basename "$back" -back.json)
    [ "$(jq -c "[.slots[] | select(.home == \"$home\").weight]" "$OUT/before.json")" = \
        "$(jq -c "[.slots[] | select(.home == \"$home\").weight]" <<<"$now")" ] ||
        act "$duet" canary run "$back" || die 3 "$home did not go back: see above, then run this again"
done
say "$NAME is as before"
