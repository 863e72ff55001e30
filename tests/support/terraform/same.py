#!/usr/bin/env python3
"""same.py PLAN CONTROL: whether a rig says of itself what the plan has, which it was made of.

PLAN     of `terraform show -json`
CONTROL  URL of the rig's control port

Compares the rules (priority, conditions, where they forward to, weights), the function's and the task
definition's settings. Prints each difference; exit status 0 when there is none.
"""
import json
import sys
import urllib.request
import xml.etree.ElementTree as tree

PLAN = json.load(open(sys.argv[1]))
CONTROL = sys.argv[2]
RIGS_OWN = {"DUET_STORE", "PORT", "DUET_LAME_DUCK_S"}  # the last is a flag of the test's


def resources(module):
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from resources(child)


def planned(kind):
    found = [r for r in resources(PLAN["planned_values"]["root_module"]) if r["type"] == kind and r["mode"] == "managed"]
    assert found, kind
    return found


def call(service, body=None, path="/", **headers):
    scope = f"AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature={'0' * 64}"
    request = urllib.request.Request(CONTROL + path, body and body.encode(), {"Authorization": scope, **headers})
    return urllib.request.urlopen(request, timeout=60).read().decode()


def elb(action, **parameters):
    text = "&".join([f"Action={action}", "Version=2015-12-01", *(f"{k}={v}" for k, v in parameters.items())])
    answer = tree.fromstring(call("elasticloadbalancing", text))
    for each in answer.iter():
        each.tag = each.tag.split("}")[1]
    return answer


def texts(element, path):
    return [each.text for each in element.findall(path)]


def rules_here():
    groups = {g.findtext("TargetGroupArn"): g.findtext("TargetGroupName") for g in elb("DescribeTargetGroups").iter("member") if g.findtext("TargetGroupName")}
    balancer = elb("DescribeLoadBalancers").findtext(".//LoadBalancerArn")
    listener = elb("DescribeListeners", LoadBalancerArn=balancer).findtext(".//ListenerArn")
    for rule in elb("DescribeRules", ListenerArn=listener).findall(".//Rules/member"):
        if rule.findtext("Priority") == "default":
            yield "default", rule.findtext(".//StatusCode"), rule.findtext(".//MessageBody")
            continue
        condition = rule.find("Conditions/member")
        shares = {groups[each.findtext("TargetGroupArn")]: int(each.findtext("Weight")) for each in rule.findall("Actions/member/ForwardConfig/TargetGroups/member")}
        yield (int(rule.findtext("Priority")), condition.findtext("Field"), condition.findtext("HttpHeaderConfig/HttpHeaderName"),
               tuple(texts(condition, "HttpHeaderConfig/Values/member") or texts(condition, "PathPatternConfig/Values/member")),
               tuple(sorted(shares.items())))


def rules_planned():
    (listener,) = planned("aws_lb_listener")
    (fixed,) = listener["values"]["default_action"][0]["fixed_response"]
    yield "default", fixed["status_code"], fixed["message_body"]
    weights = {slot["name"]: slot["weight"] for slot in PLAN["variables"]["slots"]["value"]}
    for rule in planned("aws_lb_listener_rule"):
        (condition,) = rule["values"]["condition"]
        header, path = condition["http_header"], condition["path_pattern"]
        yield (rule["values"].get("priority") or 40000, "http-header" if header else "path-pattern",
               header[0]["http_header_name"] if header else None, tuple((header or path)[0]["values"]),
               tuple(sorted(({rule["index"]: 1} if header else weights).items())))


def homes_here():
    function = json.loads(call("lambda", path="/2015-03-31/functions/duet-dev/configuration"))
    answer = call("ecs", '{"taskDefinition":"duet-dev"}', **{"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonEC2ContainerServiceV20141113.DescribeTaskDefinition"})
    definition = json.loads(answer)["taskDefinition"]
    (container,) = definition["containerDefinitions"]
    return {
        "memory": function["MemorySize"], "timeout": function["Timeout"], "cpu": definition["cpu"],
        "stop": container["stopTimeout"], "logs": [function["LoggingConfig"][name] for name in ("LogFormat", "ApplicationLogLevel", "SystemLogLevel")],
        "task": {pair["name"]: pair["value"] for pair in container["environment"] if pair["name"] not in RIGS_OWN},
        "function": {name: function["Environment"]["Variables"].get(name) for name in planned_variables()},
    }


def planned_variables():
    return {k: v for k, v in planned("aws_lambda_function")[0]["values"]["environment"][0]["variables"].items() if k not in RIGS_OWN}


def homes_planned():
    function, task = planned("aws_lambda_function")[0]["values"], planned("aws_ecs_task_definition")[0]["values"]
    (container,) = json.loads(task["container_definitions"])
    return {
        "memory": function["memory_size"], "timeout": function["timeout"], "cpu": task["cpu"],
        "stop": container["stopTimeout"], "logs": [function["logging_config"][0][name] for name in ("log_format", "application_log_level", "system_log_level")],
        "task": {pair["name"]: pair["value"] for pair in container["environment"] if pair["name"] not in RIGS_OWN},
        "function": planned_variables(),
    }


here, there = set(rules_here()), set(rules_planned())
for rule in here ^ there:
    print("only", "here:" if rule in here else "in the plan:", rule)
if homes_here() != homes_planned():
    print("here:", homes_here(), "in the plan:", homes_planned(), sep="\n")
sys.exit(here != there or homes_here() != homes_planned())
