#!/usr/bin/env bash
# foreign_runtime.sh: a runtime that is not ours, AWS's own for Python of PyPI, shipped to a running rig as a
# package and called behind its load balancer.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
# shellcheck source=tests/support/awscli.sh
. tests/support/awscli.sh

claim='a foreign runtime serves behind the load balancer'
pack() { tests/support/python_venv.sh tests/support/ric/requirements.txt tests/support/ric/pack.py "$@"; }
if ! why=$(pack "$work/function.zip" 2>&1); then
    case $why in
    'missing: '*) skip "$claim" "${why#missing: }" ;;
    *) check "$claim" eval "echo '$why'; false" ;;
    esac
    finish
    exit
fi
start_rig "$claim" --weights lambda=100
export AWS_ENDPOINT_URL=$control AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
lambda() { python -m awscli lambda "$@" --function-name duet-local; }
ask() { curl -sS -m 120 -o "$work/body" -D "$work/head" "$@"; }

check 'its handler is set' lambda update-function-configuration --handler app.answer
check 'its package is shipped' lambda update-function-code --zip-file "fileb://$work/function.zip" --publish
check 'its version goes live' lambda update-alias --name a --function-version 2
ask -H 'Content-Type: text/plain' -d 'in body' "$alb/some/path"
check 'its status comes' grep -q '^HTTP/1.1 201' "$work/head"
check 'its field comes' grep -q '^x-python: 3\.' "$work/head"
check 'its body comes' grep -qx 'POST /some/path in body' "$work/body"
ask "$alb/raise"
check 'its error is a 502' grep -q '^HTTP/1.1 502' "$work/head"
ask "$alb/after"
check 'it goes on after an error' grep -q '^GET /after' "$work/body"
check 'its output is in the log' wait_until 60 grep -q 'handled by duet-local 2' "$work/rig.log"
finish
