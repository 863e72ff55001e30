#!/usr/bin/env bash
# aws_cloudwatch.sh: CloudWatch's API and the access log of a running rig, by boto3 and the AWS CLI of
# PyPI, against a load of known composition (tests/support/awscli/cloudwatch.py has the claims).
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
# shellcheck source=tests/support/awscli.sh
. tests/support/awscli.sh

start_rig 'CloudWatch counts what was sent' --access-log "$work/access.log"
python tests/support/awscli/cloudwatch.py "$alb" "$control" "$work/access.log" || failures=$((failures + 1))
finish
