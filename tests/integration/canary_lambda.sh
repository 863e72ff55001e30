#!/usr/bin/env bash
# canary_lambda.sh: releases of a function behind `duet canary run` on a running rig, with users
# (tests/support/awscli/canary.py has the claims).
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
# shellcheck source=tests/support/awscli.sh
. tests/support/awscli.sh

start_rig 'releases of a function are canaries' --weights lambda=100 --pin-secret a-secret-of-the-rehearsal
python tests/support/awscli/canary.py "$alb" "$control" "${DUET_BUILD:-build}/duet" "$work" || failures=$((failures + 1))
finish
