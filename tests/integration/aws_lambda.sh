#!/usr/bin/env bash
# aws_lambda.sh: Lambda's API of a running rig, by boto3 and the AWS CLI of PyPI
# (tests/support/awscli/functions.py has the claims).
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
# shellcheck source=tests/support/awscli.sh
. tests/support/awscli.sh

start_rig 'Lambda ships functions'
python tests/support/awscli/functions.py "$control" "$work" || failures=$((failures + 1))
finish
