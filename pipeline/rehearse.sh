#!/usr/bin/env bash
# rehearse.sh: a release on this machine from end to end, by the very scripts that release on AWS, while
# users are at work: the tree is built and packaged as version 2, pushed, put into the idle slots of both
# homes, looked at, shifted to by the canary; then a broken build goes the same way and must be rolled back.
#
# S3 is moto's, everything else is the rig's. Where there is Docker, with Debian's docker-registry and the static
# libraries of make package, the Fargate home runs the image that was pushed, by its digest; else a process.
# Leaves plans, recordings and the report (report.html, report.md) in build/rehearsal/.
# Inputs: SHORT=1 (fewer and shorter steps). The AWS CLI is `aws` where that is new enough, else PyPI's.
# The last line is the summary. Exit codes: 0 as it must be, 1 not, 77 something it needs is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
SHORT=${SHORT:-0}
# shellcheck source=pipeline/common.sh
. pipeline/common.sh
out=$PWD/build/rehearsal
rm -rf "$out" && mkdir -p "$out"
children=()
images=()
stop() {
    [ ${#children[@]} -eq 0 ] || kill -TERM "${children[@]}" 2>/dev/null || true
    wait
    [ ${#images[@]} -eq 0 ] || docker rmi -f "${images[@]}" >/dev/null 2>&1 || true
    # What was built is of use to whoever looks for a failure alone.
    [ -z "${summary:-}" ] || rm -rf "$out"/{good,broken,registry}
}
trap stop EXIT

start() { # LOG PATTERN COMMAND...: in the background, until the log has the pattern
    "${@:3}" >"$out/$1" 2>&1 &
    children+=($!)
    until grep -Eq "$2" "$out/$1"; do
        kill -0 "${children[-1]}" 2>/dev/null || { cat "$out/$1" >&2; die 77 "${*:3:2} ended"; }
        sleep 0.1
    done
}
found() { sed -n "s/$2/\\1/p" "$out/$1" | head -n 1; } # LOG EXPRESSION

if ! (aws_ready) 2>/dev/null; then # Debian's is too old
    python=$(tests/support/python_venv.sh tests/support/awscli/requirements.txt -c 'import sys; print(sys.executable)') ||
        die 77 "${python#missing: }"
    printf '#!/bin/sh\nexec "%s" -m awscli "$@"\n' "$python" >"$out/aws"
    chmod +x "$out/aws"
    export AWS=$out/aws
    (aws_ready) || exit 77
fi
aws_ready
machine=$(uname -m)
machine=${machine/aarch64/arm64}
# why_no_image: says what a rehearsal with images lacks here; fails when it lacks nothing.
why_no_image() {
    if ! docker version -f '{{.Server.Version}}' >/dev/null 2>&1; then
        echo 'no Docker daemon answers'
    elif ! command -v docker-registry >/dev/null; then
        echo 'docker-registry is not installed'
    elif ! [ -e "$(pipeline/static_deps.sh --where)/$machine/done" ]; then
        echo 'make package has not been run'
    else
        return 1
    fi
}
form=images
! why=$(why_no_image) || { form=processes && say "the Fargate home runs a process: $why"; }
if [ $form = images ]; then
    cat >"$out/registry.yml" <<YAML
version: 0.1
storage: {filesystem: {rootdirectory: $out/registry}}
http: {addr: "127.0.0.1:0"}
YAML
    start registry.log 'listening on' docker-registry serve "$out/registry.yml"
    REGISTRY=127.0.0.1:$(found registry.log '.*listening on 127.0.0.1:\([0-9]*\).*')
fi

start moto.log 'listening on' tests/support/python_venv.sh tests/support/moto/requirements.txt tests/support/moto/serve.py
PIN_SECRET=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
start rig.log 'AWS_ENDPOINT_URL=' build/duet local --port 0 --control-port 0 --store memory --quiet \
    --pin-secret "$PIN_SECRET" --forward "s3=http://127.0.0.1:$(found moto.log 'listening on \([0-9]*\)')"
AWS_ENDPOINT_URL=$(found rig.log '.*control port \(http:..127.0.0.1:[0-9]*\).*')
URL=$(found rig.log '.*\(http:..127.0.0.1:[0-9]*\) ->.*')
export PIN_SECRET AWS_ENDPOINT_URL URL NAME=duet-local DUET=$PWD/build/duet
export AWS_ACCESS_KEY_ID=rehearsal AWS_SECRET_ACCESS_KEY=rehearsal AWS_DEFAULT_REGION=us-east-1 AWS_REGION=us-east-1
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true BUCKET=rehearsal
unset AWS_PROFILE AWS_SESSION_TOKEN http_proxy HTTP_PROXY all_proxy ALL_PROXY
aws_call s3api create-bucket --bucket "$BUCKET" >/dev/null
start users.log 'users are there' build/tests/users "$URL" 8 $((SHORT ? 200 : 400))

jq -n --arg bake "$([ "$SHORT" = 0 ] || echo 1s)" '{name: "rehearsal", rule: {arn: "-"}, stable: "-", canary: "--", interval: "1s",
    steps: ([if $bake == "" then 2, 10, 25, 50 else 50 end | {share: ., of: "home", bake: (if $bake == "" then "5s" else $bake end), requests: 100}]
            + [{share: "all", bake: (if $bake == "" then "5s" else $bake end), requests: 100}]),
    metrics: {period: "1s", late: "1s"}, timeout: "2m", lease: "30s",
    checks: {requests_min: 100, detect_errors: 0.1, latency_ratio: 0}}' >"$out/plan.json"

ship() { # good|broken: gives canary.sh's exit status
    local tree=$out/$1
    say "--- the $1 build"
    version=$(pipeline/rehearse_build.sh "$tree" "$1" "$form")
    RELEASE=$out/$1.json OUT=$out/$1-canary PLAN=$out/plan.json
    export RELEASE OUT PLAN
    # A commit of its own for each: a tag is never moved.
    commit=$(sha1sum <<<"$version $(git rev-parse HEAD)" | cut -d ' ' -f 1)
    if [ "$form" = images ]; then
        images+=("duet-server:$version-$machine" "$REGISTRY/duet:$commit")
        COMMIT=$commit ARCH=$machine REPOSITORY=$REGISTRY/duet "$tree/pipeline/push.sh" >/dev/null
        images+=("$(jq -r .image "$RELEASE")")
    else
        COMMIT=$commit ARCH=$machine IMAGE=file://$tree/build/server "$tree/pipeline/push.sh" >/dev/null
    fi
    pipeline/deploy_lambda.sh >"$out/$1-lambda.json"
    pipeline/deploy_fargate.sh >"$out/$1-fargate.json"
    SLOT=idle pipeline/smoke.sh || [ "$1" = broken ] || return
    pipeline/canary.sh
}
versions() { for slot in $(pipeline/environment.sh | jq -r '.slots | to_entries[] | select(.value.weight > 0).key'); do
    curl -sS --noproxy '*' -H "X-Duet-Pin: $PIN_SECRET.$slot" "$URL/stats" | jq -r .version; done | sort -u; }

started=$SECONDS
ship good || die 1 'the good build was not promoted'
promoted=$version
[ "$(versions)" = "$promoted" ] || die 1 "not all traffic is at $promoted: $(versions)"
status=0
ship broken || status=$?
[ "$status" = 1 ] || die 1 "the broken build was not rolled back: canary.sh gave $status"
[ "$(versions)" = "$promoted" ] || die 1 "after the rollback not all traffic is at $promoted: $(versions)"
kill -TERM "${children[-1]}" && { wait "${children[-1]}" || true; }
unset 'children[-1]'
counts=$(tail -n 1 "$out/users.log")
[[ $counts == *' failed=0' && $counts != *' broken=0 '* ]] || { cat "$out/users.log" >&2; die 1 "requests went wrong: $counts"; }
summary="rehearsal: $promoted promoted, $version rolled back, in $((SECONDS - started)) s; $counts; Fargate ran $form"
SUMMARY=$summary pipeline/rehearse_report.sh "$out"
echo "$summary"
