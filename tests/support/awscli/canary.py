"""canary.py LOAD_BALANCER_URL CONTROL_URL DUET FOLDER: releases of a function on a running `duet local`, each
behind `duet canary run`, while users ask.

The rig must run with --weights lambda=100 and --pin-secret SECRET, below. Prints "ok NAME" or "not ok NAME"
for each claim, with what went wrong before it. Exit status: 0 all held, 1 not.
"""

import http.client
import json
import os
import subprocess
import sys
import threading
import urllib.parse

import claims  # first: it sets what boto3 reads
import boto3
import packages
from claims import check

ALB_URL, CONTROL_URL, DUET, FOLDER = sys.argv[1:5]
SECRET = "a-secret-of-the-rehearsal"
ALB = urllib.parse.urlparse(ALB_URL).netloc
elb = boto3.client("elbv2", endpoint_url=CONTROL_URL)
functions = boto3.client("lambda", endpoint_url=CONTROL_URL)

# A release that is well when it is asked for its health, and to users what the file `mark` says.
RUNTIME = f"""#!{sys.executable} -I
import http.client, json, os, resource
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
base = "/2018-06-01/runtime/invocation/"
kind = open(os.path.join(os.environ["LAMBDA_TASK_ROOT"], "mark")).read()
kept = []
if kind == "leak":  # a third request is one too many, on any machine
    size = int(open("/proc/self/statm").read().split()[0]) * os.sysconf("SC_PAGESIZE")
    resource.setrlimit(resource.RLIMIT_AS, (size + (120 << 20),) * 2)
while True:
    api.request("GET", base + "next")
    head = api.getresponse()
    event = json.loads(head.read())
    answer = {{"statusCode": 200, "body": kind}}
    if event.get("path") != "/gtg" and kind == "null":
        answer["multiValueHeaders"] = {{"x-bad": None}}
    if event.get("path") != "/gtg" and kind == "leak":
        kept.append(b"x" * (48 << 20))
    api.request("POST", base + head.headers["Lambda-Runtime-Aws-Request-Id"] + "/response", json.dumps(answer))
    api.getresponse().read()
"""


class Users:
    """Threads that ask one thing after the other; statuses has how often each was answered."""

    def __init__(self):
        self.statuses, self.over, self.lock = {}, False, threading.Lock()
        self.threads = [threading.Thread(target=self.run) for _ in range(4)]

    def run(self):
        while not self.over:
            connection = http.client.HTTPConnection(ALB, timeout=120)
            connection.request("GET", "/hello")
            status = connection.getresponse().status
            connection.close()
            with self.lock:
                self.statuses[status] = self.statuses.get(status, 0) + 1

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over = True
        for thread in self.threads:
            thread.join()


def ship(kind):
    """Slot b of the function gets a version of its own, as the pipeline does it."""
    functions.update_function_code(
        FunctionName="duet-local", ZipFile=packages.package(("bootstrap", RUNTIME), ("mark", kind)))
    version = functions.publish_version(FunctionName="duet-local")["Version"]
    functions.update_alias(FunctionName="duet-local", Name="b", FunctionVersion=version)


def weights():
    [balancer] = elb.describe_load_balancers()["LoadBalancers"]
    [listener] = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    for rule in elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]:
        if rule["Priority"] == "40000":
            return {group["TargetGroupArn"].split("/")[1]: group["Weight"]
                    for group in rule["Actions"][0]["ForwardConfig"]["TargetGroups"]}
    raise AssertionError("no rule")


def canary(exit_status, smoke="/gtg"):
    """Runs one, and compares its exit status."""
    plan = {
        "rule": {"load_balancer": "duet-local", "port": int(ALB.split(":")[1]), "priority": 40000},
        "stable": "lambda-a", "canary": "lambda-b",
        "steps": [{"share": 50, "bake": "2s", "requests": 100}, {"share": "all", "bake": "1s"}],
        "interval": "1s", "metrics": {"period": "1s", "late": "1s"}, "timeout": "2m",
        "smoke": {"url": ALB_URL + smoke},
        "checks": {"power": 0, "requests_min": 20, "latency_ratio": 0},
    }
    path = os.path.join(FOLDER, "plan.json")
    with open(path, "w") as file:
        json.dump(plan, file)
    environment = {**os.environ, "AWS_ENDPOINT_URL": CONTROL_URL, "DUET_PIN_SECRET": SECRET}
    run = subprocess.run([DUET, "canary", "run", path], env=environment, text=True, timeout=240,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert run.returncode == exit_status, run.stdout
    return run.stdout


def before():
    assert weights() == {"lambda-a": 100, "lambda-b": 0, "fargate-a": 0, "fargate-b": 0}, weights()


def smoked():
    """a function that fails its smoke gets no user"""
    ship("null")
    with Users() as users:
        assert "answers 502, not 200" in canary(1, smoke="/hello")
    before()
    assert set(users.statuses) <= {200}, users.statuses


def nulled():
    """a null header, which is a 502 of the load balancer, is rolled back"""
    ship("null")
    with Users() as users:
        canary(1)
    before()
    assert users.statuses.get(502), users.statuses


def leaked():
    """a function that leaks until it dies is rolled back"""
    ship("leak")
    with Users() as users:
        canary(1)
    before()
    assert users.statuses.get(502), users.statuses


def promoted():
    """a good function is promoted, and no request is lost"""
    ship("good")
    with Users() as users:
        canary(0)
    assert weights() == {"lambda-a": 0, "lambda-b": 100, "fargate-a": 0, "fargate-b": 0}, weights()
    assert set(users.statuses) == {200}, users.statuses


for claim in smoked, nulled, leaked, promoted:
    check(claim)
claims.end()
