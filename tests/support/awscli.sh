# shellcheck shell=bash
# awscli.sh: a running rig for AWS's clients of PyPI; to be sourced after shell.sh.

work=$(mktemp -d)
rig=''
stop_rig() {
    [ -z "$rig" ] || { kill -TERM "$rig" 2>/dev/null; wait "$rig" 2>/dev/null; }
    rig=''
}
stop_all() {
    stop_rig
    rm -rf "$work"
}
trap stop_all EXIT

python() { tests/support/python_venv.sh tests/support/awscli/requirements.txt "$@"; }

# make_aws FILE: a program that is the AWS CLI of PyPI.
make_aws() {
    printf '#!/bin/sh\nexec "%s" -m awscli "$@"\n' "$(python -c 'import sys; print(sys.executable)')" >"$1"
    chmod +x "$1"
}

# start_rig CLAIM OPTION...: a rig whose addresses are in $alb and $control, its log in $work/rig.log. Ends
# the test, with CLAIM passed over, where the clients are not to be had.
start_rig() {
    local why
    if ! why=$(python -c ''); then
        skip "$1" "${why#missing: }"
        finish
        exit
    fi
    rm -f "$work/rig.log" # of an earlier one: what it said is no sign of this one
    "${DUET_BUILD:-build}/duet" local --port 0 --control-port 0 --store memory --quiet "${@:2}" >"$work/rig.log" 2>&1 &
    rig=$!
    check 'the rig starts' wait_until 120 grep -q 'AWS_ENDPOINT_URL=' "$work/rig.log"
    # shellcheck disable=SC2034 # for whoever sources this
    alb=$(sed -n 's/.*\(http:..127.0.0.1:[0-9]*\) ->.*/\1/p' "$work/rig.log")
    # shellcheck disable=SC2034
    control=$(sed -n 's/.*control port \(http:..127.0.0.1:[0-9]*\).*/\1/p' "$work/rig.log")
}

# What a test asks by itself, curl asks, signed as they do: Python's client takes a second to begin.
ask_rig() { # SERVICE PATH OPTION...: the answer
    curl -fsS -m 60 --noproxy '*' --aws-sigv4 "aws:amz:us-east-1:$1" -u test:test "$control$2" "${@:3}"
}
ask_elb() { ask_rig elasticloadbalancing / -d "Version=2015-12-01&Action=$1"; } # ACTION&PARAMETER...
ask_json() { # SERVICE TARGET JSON
    ask_rig "$1" / -H 'Content-Type: application/x-amz-json-1.1' -H "X-Amz-Target: $2" -d "$3"
}

# rule_weights: those of the slots, as [lambda-a,lambda-b,fargate-a,fargate-b], in the last listener's rule that has
# all of them.
rule_weights() {
    local balancer listener
    balancer=$(ask_elb DescribeLoadBalancers | grep -oPm 1 '<LoadBalancerArn>\K[^<]*')
    listener=$(ask_elb "DescribeListeners&LoadBalancerArn=$balancer" | grep -oP '<ListenerArn>\K[^<]*' | tail -n 1)
    ask_elb "DescribeRules&ListenerArn=$listener" | python3 -c '
import sys, xml.etree.ElementTree as tree
at = "{http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/}"
for rule in tree.parse(sys.stdin).iter(at + "Actions"):
    weights = {group.findtext(at + "TargetGroupArn").split("/")[-2]: group.findtext(at + "Weight")
               for group in rule.iter(at + "member") if group.find(at + "Weight") is not None}
    if len(weights) == 4:
        print("[" + ",".join(weights[slot] for slot in ("lambda-a", "lambda-b", "fargate-a", "fargate-b")) + "]")
        break'
}
