# shellcheck shell=bash
# common.sh: what the scripts of a release share; each sources it after set -euo pipefail.
#
# Inputs: DRY_RUN=1 (calls that change something are shown, not made), AWS (the AWS CLI, aws), and what
# the AWS CLI reads, such as AWS_ENDPOINT_URL.
# Exit codes of all of them: 0 done, 2 an input is missing or wrong, 3 AWS refused or cannot be reached,
# 4 something else is under way, or what a step needs is not there: the weights are as they were.

export AWS_PAGER=''
me=${0##*/}
say() { echo "$me: $*" >&2; }
die() { # CODE WORD...
    say "${@:2}"
    exit "$1"
}

# need NAME=MEANING...: each of these variables is set, or the script ends and names those that are not.
need() {
    local row variable missing=''
    for row; do
        variable=${row%%=*}
        [ -n "${!variable:-}" ] || missing+="${missing:+, }$variable (${row#*=})"
    done
    [ -z "$missing" ] || die 2 "not set: $missing"
}

# need_name: NAME, the full name of an environment, from ENVIRONMENT (dev, qa, prod; pr with NUMBER) where it
# is not given.
need_name() {
    [ -n "${NAME:-}" ] || need ENVIRONMENT='dev, qa, prod or pr'
    [ -n "${NAME:-}" ] || [ "$ENVIRONMENT" != pr ] || need NUMBER='of the pull request'
    NAME=${NAME:-duet-$ENVIRONMENT${NUMBER:+-$NUMBER}}
    [[ $NAME =~ ^[a-z][a-z0-9-]{0,31}$ ]] || die 2 "NAME '$NAME' is no name of an environment"
    export NAME
}

# lock_name: the parameter that holds an environment's canary.
lock_name() { echo "/duet/${NAME#duet-}/canary"; }

# act COMMAND...: what changes something.
act() {
    if [ "${DRY_RUN:-}" = 1 ]; then
        say "would run: $(printf '%q ' "$@")"
    else
        "$@"
    fi
}

# aws_ready: the AWS CLI is there, and new enough to know AWS_ENDPOINT_URL.
aws_ready() {
    local version
    [ "${AWS_CLI_IS_READY:-}" != "${AWS:-aws}" ] || return 0 # whoever calls this script has looked
    version=$("${AWS:-aws}" --version 2>&1) || die 2 "there is no AWS CLI (${AWS:-aws}): install version 2.13 or newer"
    version=${version#aws-cli/} version=${version%% *}
    case $version in
    1.*) printf '1.29.0\n%s\n' "$version" ;;
    *) printf '2.13.0\n%s\n' "$version" ;;
    esac | sort -VC || die 2 "AWS CLI $version does not know AWS_ENDPOINT_URL: take 2.13 (or 1.29) or newer"
    export AWS_CLI_IS_READY=${AWS:-aws}
}

# aws_call WORD...: the AWS CLI; what it says of a failure is shown with what to do about it. Not in a
# condition: there `exit` would end the script all the same.
aws_call() {
    local answer log status=0
    log=$(mktemp)
    answer=$("${AWS:-aws}" --output json "$@" 2>"$log") || status=$?
    if [ "$status" -ne 0 ]; then
        cat "$log" >&2
        case $(cat "$log") in
        *Expired* | *expired*) say 'the credentials have expired: take new ones and run this again' ;;
        *'Unable to locate credentials'*) say 'there are no credentials: log in, or set AWS_PROFILE' ;;
        *'Could not connect'*) say "no answer from ${AWS_ENDPOINT_URL:-AWS}" ;;
        *AccessDenied*) say 'the role may not do that: terraform/bootstrap has its policies' ;;
        esac
        rm -f "$log"
        return 3
    fi
    rm -f "$log"
    printf '%s\n' "$answer"
}
