#!/usr/bin/env bash
# aws_ecs.sh: ECS and Application Auto Scaling of a running rig by boto3 and the AWS CLI of PyPI: scaling,
# replacement under load, rollback, tasks that end (tests/support/awscli/ecs.py has the claims).
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
# shellcheck source=tests/support/awscli.sh
. tests/support/awscli.sh

start_rig 'AWS clients release a service' --weights lambda=0,fargate=100
python tests/support/awscli/ecs.py "$alb" "$control" "$(realpath "${DUET_BUILD:-build}/server")" ||
    failures=$((failures + 1))
finish
