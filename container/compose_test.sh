#!/usr/bin/env bash
# compose_test.sh: compose.yaml as people use it, with each compose that is there: up, both homes answer
# at one address and share what they keep, down.
#
# Part of `make test` where Docker and a compose are there and `make package` has been run. Each claim is a
# line "ok NAME", "not ok NAME" or "skip NAME: WHY". Exit status: 0 none failed.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
[ "${DUET_BUILD:-build}" = build ] || { echo 'skip compose: it is a test of the release build'; exit 0; }

without() { # WHY: all of it is passed over
    skip compose "$1"
    finish
    exit
}
docker version -f '{{.Server.Version}}' >/dev/null 2>&1 || without 'no Docker daemon answers'
for program in duet bootstrap server; do
    [ -x "build/release/$program-x86_64" ] || without 'make package has not been run'
done
[ "$(uname -m)" = x86_64 ] || without 'its image is for x86_64'
composes=()
! docker compose version >/dev/null 2>&1 || composes+=('docker compose')
! docker-compose version >/dev/null 2>&1 || composes+=(docker-compose)
[ ${#composes[@]} -gt 0 ] || without 'neither docker compose nor docker-compose is there'

project=duet-test-$$
work=$(mktemp -d)
tool=()
compose() { "${tool[@]}" -p "$project" -f container/compose.yaml "$@"; }
remove_all() {
    [ ${#tool[@]} -eq 0 ] || compose down -v -t 5 >/dev/null 2>&1
    rm -rf "$work"
}
trap remove_all EXIT
export PORT=0 # any that is free
unset WEIGHTS DUET_STORE

answers_of() { grep -o '"home":"[a-z]*"' "$work/stats" | sort -u | wc -l; }
url() { echo "http://$(compose port rig 8080)"; }
both_answer() { curl -fsS "$url/stats" >>"$work/stats" && [ "$(answers_of)" = 2 ]; }
comes_up() {
    local url
    compose up -d && url=$(url) || return 1
    rm -f "$work/stats"
    wait_until 60 both_answer || { cat "$work/stats"; compose logs rig; return 1; }
}
keeps_in_one_place() { # what one request wrote, each of the next reads, whichever home has it
    local i status url
    url=$(url)
    curl -fsS "$url/candidate/ada" -d '{"party":"x"}' || return 1
    for i in {1..20}; do
        status=$(curl -sS -o /dev/null -w '%{http_code}' "$url/candidate/ada")
        [ "$status" = 200 ] || { echo "request $i: $status"; return 1; }
    done
}
another_server() { # which has another address, maybe
    local url
    compose up -d --force-recreate --no-deps server && url=$(url) || return 1
    rm -f "$work/stats"
    wait_until 60 both_answer || { cat "$work/stats"; compose logs; return 1; }
}
gone() { # nothing of it is left
    compose down -v -t 40 || return 1
    local left
    left=$(docker ps -aq --filter "label=com.docker.compose.project=$project"
        docker volume ls -q --filter "label=com.docker.compose.project=$project")
    [ -z "$left" ] || { printf '%s\n' "$left"; return 1; }
}
with_stand_in() { # the file is understood with the profile too
    DUET_STORE=dynamodb:duet compose --profile dynamodb config >"$work/config" || return 1
    grep -q 'DUET_STORE: dynamodb:duet' "$work/config" && grep -q 'amazon/dynamodb-local' "$work/config"
}

check 'the image of the rig is built' container/image.sh x86_64
for name in "${composes[@]}"; do
    read -r -a tool <<<"$name"
    check "$name: both homes answer at one address" comes_up
    check "$name: they share what they keep" keeps_in_one_place
    check "$name: a server that is made anew is found" another_server
    check "$name: all of it goes" gone
    check "$name: DynamoDB's stand-in by a profile" with_stand_in
done
finish
