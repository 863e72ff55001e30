#!/usr/bin/env python3
"""guard.py: a home killed under 2,000 requests a second, and how soon `duet guard` has moved its share.

Fargate's tasks, which probes alone see; and Lambda, whose concurrency is set to 0, by the load balancer's metrics alone,
which has none of a target group without a target. The users are build/tests/users; what they got is in the
rig's access log, a line for each request. Exit status: 0, or 1 when a target is missed. Standard library alone.
"""
import datetime
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build")
SECRET, RATE, USERS, PERIOD_S, LIMIT_S, AFTER_S = "a-secret-of-the-bench", 2000, 64, 10, 5, 10
PROBES = {"interval": "20ms", "timeout": "500ms", "failures": 2}


def wait_until(what, ready, limit_s=60):
    end = time.monotonic() + limit_s
    while not ready():
        if time.monotonic() > end:
            sys.exit(f"guard: {what} does not come")
        time.sleep(0.005)


class Program:
    """A program whose lines are in a file; what() waits for one."""

    def __init__(self, folder, name, *words, env=None):
        self.name, self.path = name, os.path.join(folder, name)
        with open(self.path, "w", encoding="utf-8") as out:
            self.process = subprocess.Popen(words, stdout=out, stderr=out, env=env)

    def text(self):
        with open(self.path, encoding="utf-8") as lines:
            return lines.read()

    def wait_for(self, text, limit_s=60):
        wait_until(f"'{text}' of {self.name}", lambda: text in self.text(), limit_s)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        return self.text()


def tasks(rig):
    """The ids of a rig's children that are tasks."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
                parent = int(stat.read().rsplit(")", 1)[1].split()[1])
            if parent == rig.process.pid and "/server" in os.readlink(f"/proc/{pid}/exe"):
                found.append(int(pid))
        except OSError:
            pass
    return found


def call(url, method, service, parameters, target=""):
    scope = f"AWS4-HMAC-SHA256 Credential=any/20261121/eu-west-1/{service}/aws4_request, SignedHeaders=host, Signature="
    fields = {"Content-Type": "application/x-amz-json-1.1", "Authorization": scope + "0" * 64, "X-Amz-Target": target}
    request = urllib.request.Request(url, json.dumps(parameters).encode(), fields, method=method)
    urllib.request.urlopen(request, timeout=60).close()


def kill_lambda(_, control):
    """Each of its invocations is throttled. When it was."""
    at = time.time()
    call(control + "/2017-10-31/functions/duet-local/concurrency", "PUT", "lambda", {"ReservedConcurrentExecutions": 0})
    return at


def kill_fargate(rig, control):
    """Its tasks are killed, and none comes in their place. When it was."""
    at, doomed = time.time(), tasks(rig)
    call(control, "POST", "ecs", {"cluster": "duet-local", "service": "duet-local-a", "desiredCount": 0},
         "AmazonEC2ContainerServiceV20141113.UpdateService")
    for pid in doomed:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return at


def policy(port, changes):
    return {"rule": {"load_balancer": "duet-local", "port": port, "priority": 40000}, "health": {"looks": 0},
            "metrics": {"windows": 0}, "interval": "500ms"} | changes


def requests(log):
    """(when it ended, whether it was answered well) of each request of the users."""
    rows = []
    with open(log, encoding="utf-8") as lines:
        for line in lines:
            if "/hello HTTP" not in line:
                continue
            fields = line.split(" ", 10)
            when = datetime.datetime.fromisoformat(fields[1].replace("Z", "+00:00")).timestamp()
            rows.append((when, fields[8] == "200"))
    return rows


def scene(kill, changes):
    """What became of a killed home: the requests, when it was killed, and when its share had been moved."""
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "access.log")
        rig = Program(folder, "rig", f"{BUILD}/duet", "local", "--port", "0", "--control-port", "0", "--store", "memory",
                      "--quiet", "--weights", "lambda=50,fargate=50", "--pin-secret", SECRET, "--access-log", log)
        rig.wait_for("AWS_ENDPOINT_URL")
        url = re.search(r"(http://\S+) ->", rig.text()).group(1)
        control = re.search(r"control port (http://[\d.:]+)", rig.text()).group(1)
        path = os.path.join(folder, "policy.json")
        told = policy(int(url.rsplit(":", 1)[1]), changes)
        if "probes" in told:
            told["probes"] = told["probes"] | {"url": url + "/gtg"}
        with open(path, "w", encoding="utf-8") as out:
            json.dump(told, out)
        env = os.environ | {"AWS_ENDPOINT_URL": control, "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
                            "AWS_SECRET_ACCESS_KEY": "example", "DUET_PIN_SECRET": SECRET}
        users = Program(folder, "users", f"{BUILD}/tests/users", url, str(USERS), str(RATE * 1.04))
        users.wait_for("users are there")
        guard = Program(folder, "guard", f"{BUILD}/duet", "guard", "run", path, "--json", env=env)
        guard.wait_for('"act":"begin"')
        time.sleep(2 * PERIOD_S + 5 if "metrics" in changes else 5)
        killed_at = kill(rig, control)
        guard.wait_for('"act":"move"', 120)
        moved_at = time.time()
        time.sleep(AFTER_S)
        move = next(line for line in guard.end().splitlines() if '"act":"move"' in line)
        users.end()
        rig.end()
        return requests(log), killed_at, moved_at, json.loads(move)["why"]


def row(name, value, target, is_met):
    print(f"  {name.ljust(66)}{value.rjust(12)}   target {target}: {'met' if is_met else 'not met'}", flush=True)
    return is_met


def show(title, found, limit_s):
    rows, killed_at, moved_at, why = found
    before = [ok for at, ok in rows if killed_at - LIMIT_S <= at < killed_at]
    meanwhile = [ok for at, ok in rows if killed_at <= at < killed_at + LIMIT_S]
    # A request that was under way when the share was moved belongs to the time before.
    after = [ok for at, ok in rows if at >= moved_at + 0.1]
    lost = sum(not ok for at, ok in rows if at >= killed_at) - sum(not ok for ok in after)
    print(f"\n{title}\n  {why}")
    is_met = row("requests a second before", f"{len(before) / LIMIT_S:.0f}", "1900 and more", len(before) >= 1900 * LIMIT_S)
    is_met &= row("from the kill to the move, s", f"{moved_at - killed_at:.2f}", f"{limit_s}", moved_at - killed_at <= limit_s)
    is_met &= row(f"lost after it, of {len(after)}", str(sum(not ok for ok in after)), "0", all(after))
    return is_met, lost, len(meanwhile)


def main():
    probes = scene(kill_fargate, {"probes": PROBES})
    is_met, lost, of = show("guard: Fargate is killed, seen by probes " + json.dumps(PROBES), probes, LIMIT_S)
    is_met &= row(f"lost until then, of {of} requests in {LIMIT_S} s", f"{lost} ({100 * lost / of:.2f} %)", "1 %",
                  lost <= of / 100)
    metrics = scene(kill_lambda, {"metrics": {"period": f"{PERIOD_S}s", "late": "1s", "windows": 2}})
    is_well, lost, _ = show(f"guard: Lambda throttles all, seen by metrics of {PERIOD_S} s alone", metrics, 2 * PERIOD_S)
    print(f"  lost until then: {lost}")
    sys.exit(0 if is_met and is_well else 1)


main()
