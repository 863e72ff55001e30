#!/usr/bin/env bash
# smoke.sh: asks a service a few things that every version must answer, through the load balancer. With
# SLOT the requests show the pin's secret, and so reach that slot at a weight of 0.
#
# Inputs: URL (of the service; else that of ENVIRONMENT or NAME), SLOT with PIN_SECRET (idle: the idle ones of
# ENVIRONMENT or NAME; none: as anybody), ATTEMPTS (30, a second between two: a slot that was just filled
# may still be found unhealthy).
# Exit codes: those of common.sh; 1: an answer is wrong, 3: none came.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=pipeline/common.sh
. "$here/common.sh"
if [ -z "${URL:-}" ] || [ "${SLOT:-}" = idle ]; then
    environment=$("$here/environment.sh")
    export URL=${URL:-$(jq -r .url <<<"$environment")}
fi
if [ "${SLOT:-}" = idle ]; then
    for slot in $(jq -r '.idle[] // empty' <<<"$environment"); do
        SLOT=$slot "$here/smoke.sh"
    done
    exit
fi
[[ $URL =~ ^https?://[^/]+$ ]] || die 2 "URL '$URL' is not http(s)://HOST without a path"
headers=(-H 'Accept: */*')
if [ -n "${SLOT:-}" ]; then
    need PIN_SECRET='of the pin rule'
    # From a file: the secret is in no list of processes.
    secret=$(mktemp) && trap 'rm -f "$secret"' EXIT
    printf 'X-Duet-Pin: %s.%s\n' "$PIN_SECRET" "$SLOT" >"$secret"
    headers+=(-H "@$secret")
fi

ask() { # PATH: the answer's body, then its status on a line
    curl -sS --max-time 35 "${headers[@]}" -w '\n%{http_code}\n' "$URL$1" 2>&1 || true
}

expect() { # PATH PATTERN: status 200 and a body that matches, within the attempts
    local answer attempt
    for ((attempt = 1; attempt <= ${ATTEMPTS:-30}; attempt++)); do
        answer=$(ask "$1")
        if [ "${answer##*$'\n'}" = 200 ] && grep -Eq -- "$2" <<<"$answer"; then
            say "ok $1"
            return
        fi
        [ "$attempt" -eq "${ATTEMPTS:-30}" ] || sleep 1
    done
    case ${answer##*$'\n'} in
    000 | *curl*) die 3 "no answer from $URL$1: $answer" ;;
    *) die 1 "$URL$1${SLOT:+ (slot $SLOT)} answered: $answer" ;;
    esac
}

expect /gtg .
expect /hello 'Hello'
expect /stats "\"home\": *\"${SLOT:+${SLOT%-?}}"
say "$URL${SLOT:+, slot $SLOT}: all answers are right"
