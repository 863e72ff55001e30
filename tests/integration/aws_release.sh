#!/usr/bin/env bash
# aws_release.sh: a release of both homes by the AWS CLI of PyPI while requests come, and what the dashboard
# shows of it (tests/support/awscli/release.py has the claims).
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
# shellcheck source=tests/support/awscli.sh
. tests/support/awscli.sh

start_rig 'the AWS CLI releases both homes' --weights lambda=50,fargate=50
python tests/support/awscli/release.py "$alb" "$control" "$(realpath "${DUET_BUILD:-build}/server")" "$work" ||
    failures=$((failures + 1))
finish
