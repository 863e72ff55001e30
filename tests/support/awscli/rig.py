"""rig.py ALB_URL CONTROL_URL RIG_ID: drives a running `duet local` with boto3 and the AWS CLI.

Prints "ok NAME" or "not ok NAME" for each claim, with what went wrong before it. Exit status: 0 all
held, 1 not. The rig must have a function and a task.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import claims  # first: it sets what boto3 reads
import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from claims import check

ALB_URL, CONTROL_URL, RIG_ID = sys.argv[1:4]
SOON = {"Delay": 1, "MaxAttempts": 120}  # of waiters: a loaded machine is slow
elb = boto3.client("elbv2", endpoint_url=CONTROL_URL)


def refused(code, call, **parameters):
    """The call fails with the error `code`, as botocore sees it."""
    try:
        call(**parameters)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error
    raise AssertionError(f"not refused: {parameters}")


def groups_of(kind):
    every = elb.describe_target_groups()["TargetGroups"]
    return [group for group in every if group["TargetType"] == kind]


def targets_of(group):
    found = elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
    return found["TargetHealthDescriptions"]


def with_targets(kind):
    return next(group for group in groups_of(kind) if targets_of(group))


def home():
    """Which home answers /stats now."""
    with urllib.request.urlopen(ALB_URL + "/stats", timeout=60) as answer:
        return json.load(answer)["home"]


def shares(**weights):
    pairs = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in
             ((LAMBDA["TargetGroupArn"], weights["function"]), (IP["TargetGroupArn"], weights["task"]))]
    return [{"Type": "forward", "ForwardConfig": {"TargetGroups": pairs}}]


def rule_of(path, priority, actions):
    made = elb.create_rule(ListenerArn=LISTENER, Priority=priority, Actions=actions,
                           Conditions=[{"Field": "path-pattern", "Values": [path]}])
    return made["Rules"][0]["RuleArn"]


BALANCER = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
LISTENER = elb.describe_listeners(LoadBalancerArn=BALANCER)["Listeners"][0]["ListenerArn"]
LAMBDA, IP = with_targets("lambda"), with_targets("ip")


def describes():
    """everything is described in shapes that botocore reads"""
    listener = elb.describe_listeners(ListenerArns=[LISTENER])["Listeners"][0]
    assert ALB_URL.endswith(":%d" % listener["Port"]), listener
    rules = elb.describe_rules(ListenerArn=LISTENER)["Rules"]
    assert rules[-1]["IsDefault"] and rules[-1]["Priority"] == "default", rules
    assert elb.describe_load_balancer_attributes(LoadBalancerArn=BALANCER)["Attributes"]
    assert elb.describe_target_group_attributes(TargetGroupArn=IP["TargetGroupArn"])["Attributes"]
    assert elb.describe_listener_attributes(ListenerArn=LISTENER)["Attributes"]
    assert elb.describe_tags(ResourceArns=[BALANCER])["TagDescriptions"][0]["ResourceArn"] == BALANCER
    assert targets_of(IP)[0]["Target"]["Port"] > 0
    created = elb.describe_load_balancers()["LoadBalancers"][0]["CreatedTime"]
    assert created.tzinfo is not None, created


def shifts():
    """modify_rule shifts live traffic, and the split is as the weights say"""
    rule = rule_of("/stats", 1, shares(function=1, task=0))
    try:
        for function, task, wanted in ((1, 0, "lambda"), (0, 1, "fargate"), (999, 0, "lambda")):
            changed = elb.modify_rule(RuleArn=rule, Actions=shares(function=function, task=task))
            groups = changed["Rules"][0]["Actions"][0]["ForwardConfig"]["TargetGroups"]
            assert [group["Weight"] for group in groups] == [function, task], groups
            seen = {home() for _ in range(10)}
            assert seen == {wanted}, (function, task, seen)
    finally:
        elb.delete_rule(RuleArn=rule)


def rewrites():
    """a rule of regular expressions rewrites what its targets get"""
    made = elb.create_rule(
        ListenerArn=LISTENER, Priority=3, Actions=shares(function=1, task=1),
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/v[0-9]+/"]}},
                    {"Field": "host-header", "HostHeaderConfig": {"RegexValues": ["^127[.]", "^localhost"]}}],
        Transforms=[{"Type": "url-rewrite",
                     "UrlRewriteConfig": {"Rewrites": [{"Regex": "^/v[0-9]+/(.*)$", "Replace": "/$1"}]}},
                    {"Type": "host-header-rewrite",
                     "HostHeaderRewriteConfig": {"Rewrites": [{"Regex": "^.*$", "Replace": "inside"}]}}])["Rules"][0]
    rule = made["RuleArn"]
    try:
        assert [transform["Type"] for transform in made["Transforms"]] == ["host-header-rewrite", "url-rewrite"], made
        assert {answers("/v12/hello") for _ in range(6)} == {200} and answers("/vx/hello") == 404
        elb.modify_rule(RuleArn=rule, Transforms=[
            {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "^/", "Replace": ""}]}}])
        assert answers("/v12/hello") == 500
        assert elb.modify_rule(RuleArn=rule, ResetTransforms=True)["Rules"][0]["Transforms"] == []
        assert answers("/v12/hello") == 404
    finally:
        elb.delete_rule(RuleArn=rule)


def pages():
    """rules come in pages, in the order of their priorities"""
    rules = [rule_of(f"/page{i}", 300 - i, shares(function=1, task=1)) for i in range(5)]
    try:
        swapped = [{"RuleArn": rules[0], "Priority": 299}, {"RuleArn": rules[1], "Priority": 300}]
        elb.set_rule_priorities(RulePriorities=swapped)
        paginator = elb.get_paginator("describe_rules")
        found = [rule for page in paginator.paginate(ListenerArn=LISTENER, PaginationConfig={"PageSize": 2})
                 for rule in page["Rules"]]
        assert found == elb.describe_rules(ListenerArn=LISTENER)["Rules"], found
        numbers = [int(rule["Priority"]) for rule in found[:-1]]
        assert numbers == sorted(numbers), numbers
        at = {rule["RuleArn"]: rule["Priority"] for rule in found}
        assert at[rules[0]] == "299" and at[rules[1]] == "300", at
    finally:
        for rule in rules:
            elb.delete_rule(RuleArn=rule)


def errors():
    """refusals are botocore's exceptions, and change nothing"""
    before = elb.describe_rules(ListenerArn=LISTENER)
    missing = IP["TargetGroupArn"][:-1] + "x"
    errors_of = elb.exceptions
    error = refused("TargetGroupNotFound", elb.describe_target_health, TargetGroupArn=missing)
    assert isinstance(error, errors_of.TargetGroupNotFoundException), error
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400, error.response
    refused("RuleNotFound", elb.modify_rule, RuleArn=missing)
    refused("ListenerNotFound", elb.describe_rules, ListenerArn=missing)
    refused("LoadBalancerNotFound", elb.describe_load_balancers, Names=["other"])
    refused("ResourceInUse", elb.delete_target_group, TargetGroupArn=IP["TargetGroupArn"])
    refused("ValidationError", elb.create_rule, ListenerArn=LISTENER, Priority=7,
            Conditions=[{"Field": "path-pattern", "Values": ["/x"]}], Actions=shares(function=1000, task=0))
    refused("OperationNotPermitted", elb.delete_rule, RuleArn=before["Rules"][-1]["RuleArn"])
    rule = rule_of("/in-use", 7, shares(function=1, task=0))
    error = refused("PriorityInUse", elb.create_rule, ListenerArn=LISTENER, Priority=7,
                    Conditions=[{"Field": "path-pattern", "Values": ["/y"]}], Actions=shares(function=1, task=0))
    assert isinstance(error, errors_of.PriorityInUseException), error
    elb.delete_rule(RuleArn=rule)
    refused("InvalidAction", elb.create_load_balancer, Name="another")
    after = elb.describe_rules(ListenerArn=LISTENER)
    assert after["Rules"] == before["Rules"], (before, after)


def doors():
    """unsigned calls, calls with a foreign origin and other services are refused"""
    unsigned = boto3.client("elbv2", endpoint_url=CONTROL_URL, config=Config(signature_version=UNSIGNED))
    refused("MissingAuthenticationToken", unsigned.describe_load_balancers)
    foreign = boto3.client("elbv2", endpoint_url=CONTROL_URL)
    foreign.meta.events.register("before-send.*", add_origin)
    refused("AccessDenied", foreign.describe_load_balancers)
    queues = boto3.client("sns", endpoint_url=CONTROL_URL)
    refused("InvalidAction", queues.list_topics)


def add_origin(request, **_):
    request.headers["Origin"] = "http://evil.example"


def answers(path):
    """The status of the load balancer's answer."""
    try:
        with urllib.request.urlopen(ALB_URL + path, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def targets():
    """a target is registered, waited for, used, deregistered and waited for"""
    port = targets_of(IP)[0]["Target"]["Port"]
    made = elb.create_target_group(Name="probe", TargetType="ip", Protocol="HTTP", Port=port, VpcId="vpc-1",
                                   HealthCheckIntervalSeconds=5, HealthCheckTimeoutSeconds=4,
                                   HealthCheckPath="/healthcheck", Tags=[{"Key": "k", "Value": "v"}])
    group = made["TargetGroups"][0]["TargetGroupArn"]
    delay = [{"Key": "deregistration_delay.timeout_seconds", "Value": "0"}]
    elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=delay)
    here = [{"Id": "127.0.0.1", "Port": port}]
    elb.register_targets(TargetGroupArn=group, Targets=here)
    health = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"][0]["TargetHealth"]
    assert (health["State"], health["Reason"]) == ("unused", "Target.NotInUse"), health
    rule = rule_of("/hello", 2, [{"Type": "forward", "TargetGroupArn": group}])
    elb.get_waiter("target_in_service").wait(TargetGroupArn=group, Targets=here, WaiterConfig=SOON)
    assert answers("/hello") == 200
    elb.deregister_targets(TargetGroupArn=group, Targets=here)
    elb.get_waiter("target_deregistered").wait(TargetGroupArn=group, Targets=here, WaiterConfig=SOON)
    assert answers("/hello") == 503
    elb.delete_rule(RuleArn=rule)
    elb.delete_target_group(TargetGroupArn=group)
    assert answers("/hello") == 200
    refused("TargetGroupNotFound", elb.describe_tags, ResourceArns=[group])


def servers_of_rig():
    """The processes of its tasks, but for those that have ended."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as file:
                program, rest = file.read().split("(", 1)[1].rsplit(")", 1)
        except OSError:
            continue  # it has ended
        state, parent = rest.split()[:2]
        if program == "server" and parent == RIG_ID and state not in "ZX":
            found.append(int(name))
    return found


def ports_of(process):
    """Where the process listens."""
    sockets = set()
    try:
        for name in os.listdir(f"/proc/{process}/fd"):
            sockets.add(os.readlink(f"/proc/{process}/fd/{name}"))
    except OSError:
        return set()  # it has ended, or closed one meanwhile
    with open("/proc/net/tcp", encoding="ascii") as file:
        rows = [line.split() for line in file][1:]
    return {int(row[1].split(":")[1], 16) for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets}


def killed():
    """describe_target_health follows a task that is killed, and the one in its place"""
    [victim] = servers_of_rig()
    os.kill(victim, signal.SIGKILL)
    end = time.monotonic() + 120
    while True:
        # The one in its place may have its port.
        ports = set().union(*(ports_of(process) for process in servers_of_rig() if process != victim))
        healthy = {target["Target"]["Port"] for target in targets_of(IP) if target["TargetHealth"]["State"] == "healthy"}
        if healthy and healthy <= ports:
            break
        assert time.monotonic() < end, (ports, healthy)
        time.sleep(0.05)
    assert answers("/hello") == 200


def run_cli(command, *arguments):
    done = subprocess.run([*command, "elbv2", *arguments, "--endpoint-url", CONTROL_URL, "--output", "json"],
                          capture_output=True, text=True, timeout=240)
    return done.returncode, done.stdout, done.stderr


def drive_cli(command):
    """What is the same of each version of the CLI."""
    status, out, error = run_cli(command, "describe-rules", "--listener-arn", LISTENER)
    assert status == 0, error
    assert json.loads(out)["Rules"][-1]["IsDefault"], out
    rule = rule_of("/stats", 1, shares(function=0, task=1))
    try:
        wanted = json.dumps(shares(function=1, task=0))
        status, out, error = run_cli(command, "modify-rule", "--rule-arn", rule, "--actions", wanted)
        assert status == 0, error
        assert {home() for _ in range(5)} == {"lambda"}
    finally:
        elb.delete_rule(RuleArn=rule)
    status, out, error = run_cli(command, "modify-rule", "--rule-arn", rule)
    assert status in (254, 255) and "RuleNotFound" in error, (status, error)


def pypi_cli():
    """the AWS CLI of PyPI shifts traffic"""
    drive_cli([sys.executable, "-m", "awscli"])


def system_cli():
    """the AWS CLI of this system shifts traffic"""
    assert claims.SYSTEM_CLI, "aws is not installed"
    drive_cli([claims.SYSTEM_CLI])


for each in (describes, shifts, rewrites, pages, errors, doors, targets, killed, pypi_cli):
    check(each)
claims.check_system_cli(system_cli)
claims.end()
