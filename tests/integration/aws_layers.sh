#!/usr/bin/env bash
# aws_layers.sh: layers and extensions of their own of a running rig, by boto3 and the AWS CLI of PyPI, and when the
# rig was killed and started again (tests/support/awscli/layers.py has the claims).
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
# shellcheck source=tests/support/awscli.sh
. tests/support/awscli.sh

claims() { python tests/support/awscli/layers.py "$1" "$control" "$work" || failures=$((failures + 1)); }

start_rig 'a rig has layers' --state "$work/state"
claims make
kill -KILL "$rig"
wait "$rig" 2>/dev/null
rig=''
start_rig 'a rig keeps its layers' --state "$work/state"
claims look
finish
