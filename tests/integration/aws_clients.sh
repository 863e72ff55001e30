#!/usr/bin/env bash
# aws_clients.sh: AWS's own clients, boto3 and the AWS CLI of PyPI and of this system, on the control port of
# a running rig (tests/support/awscli/rig.py has the claims).
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
# shellcheck source=tests/support/awscli.sh
. tests/support/awscli.sh

start_rig 'AWS clients drive the rig'
check 'it names a call of the AWS CLI' grep -q "AWS_ENDPOINT_URL=$control aws elbv2 " "$work/rig.log"
python tests/support/awscli/rig.py "$alb" "$control" "$rig" || failures=$((failures + 1))
finish
