#!/usr/bin/env bash
# aws_ssm.sh: Parameter Store and STS of a running rig by boto3 and the AWS CLI of PyPI, and once more after
# the rig was started again with the same state (tests/support/awscli/ssm.py has the claims).
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
# shellcheck source=tests/support/awscli.sh
. tests/support/awscli.sh

start_rig 'AWS clients put parameters' --state "$work/state"
python tests/support/awscli/ssm.py "$control" put || failures=$((failures + 1))
stop_rig
start_rig 'AWS clients find parameters' --state "$work/state"
python tests/support/awscli/ssm.py "$control" get || failures=$((failures + 1))
finish
