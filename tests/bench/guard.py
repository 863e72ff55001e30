#!/usr/bin/env python3
"""guard.py: a home killed under 2,000 requests a second, and how soon `duet guard` has moved its share.

Fargate's tasks, by the probes of the default policy, which knows the homes' traffic by metrics of 10 s: killed, and once more
halted, so that they take connections and answer nothing; and, by the load balancer's metrics alone, Lambda, whose concurrency
is set to 0, and Fargate without a target, of which group there are none. The users are build/tests/users; what they got is in the
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
SLOW_S = 0.9  # a request of /hello that takes as long has met a home that hangs
CAME = re.compile(r' (\d{4}-\d\d-\d\dT[\d:.]+)Z "')  # when the load balancer had it
METRICS = {"period": f"{PERIOD_S}s", "late": "1s"}


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


def halt_fargate(rig, _):
    """Its tasks take connections and answer nothing. When it was."""
    at = time.time()
    for pid in tasks(rig):
        os.kill(pid, signal.SIGSTOP)
    return at


def resume(rig):
    """So that the rig's end is a clean one."""
    for pid in tasks(rig):
        os.kill(pid, signal.SIGCONT)


def policy(port, changes):
    return {"rule": {"load_balancer": "duet-local", "port": port, "priority": 40000}, "metrics": METRICS} | changes


def requests(log):
    """(when it came, whether it was answered well and soon) of each request of the users."""
    rows = []
    with open(log, encoding="utf-8") as lines:
        for line in lines:
            if "/hello HTTP" not in line:
                continue
            fields = line.split(" ", 10)
            came = datetime.datetime.fromisoformat(CAME.search(line).group(1) + "+00:00").timestamp()
            rows.append((came, fields[8] == "200" and float(fields[6]) < SLOW_S))
    return rows


class Rig:
    """A rig with users and a guard."""

    def __init__(self, folder, changes):
        self.folder, self.log = folder, os.path.join(folder, "access.log")
        self.rig = Program(folder, "rig", f"{BUILD}/duet", "local", "--port", "0", "--control-port", "0", "--store", "memory",
                           "--quiet", "--weights", "lambda=50,fargate=50", "--pin-secret", SECRET, "--access-log", self.log)
        self.rig.wait_for("AWS_ENDPOINT_URL")
        self.url = re.search(r"(http://\S+) ->", self.rig.text()).group(1)
        self.control = re.search(r"control port (http://[\d.:]+)", self.rig.text()).group(1)
        self.users = [self.more_users("users")]
        path = os.path.join(folder, "policy.json")
        told = policy(int(self.url.rsplit(":", 1)[1]), changes)
        if "probes" in told:
            told["probes"] = {"url": self.url + "/gtg"}
        with open(path, "w", encoding="utf-8") as out:
            json.dump(told, out)
        env = os.environ | {"AWS_ENDPOINT_URL": self.control, "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
                            "AWS_SECRET_ACCESS_KEY": "example", "DUET_PIN_SECRET": SECRET}
        self.guard = Program(folder, "guard", f"{BUILD}/duet", "guard", "run", path, "--json", env=env)
        self.guard.wait_for('"act":"begin"')

    def more_users(self, name):
        users = Program(self.folder, name, f"{BUILD}/tests/users", self.url, str(USERS), str(RATE * 1.04))
        users.wait_for("users are there")
        return users

    def end(self):
        """What the guard said."""
        said = self.guard.end()
        resume(self.rig)
        for users in self.users:
            users.end()
        self.rig.end()
        return said


def scene(kill, changes):
    """What became of a failing home: the requests, when it failed, and when its share had been moved."""
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(folder, changes)
        time.sleep(2 * PERIOD_S + 5)
        killed_at = kill(rig.rig, rig.control)
        rig.guard.wait_for('"act":"move"', 120)
        moved_at = time.time()
        if kill == halt_fargate:
            rig.users.append(rig.more_users("others"))  # the first ones still wait, each for its answer
        time.sleep(AFTER_S)
        move = next(line for line in rig.end().splitlines() if '"act":"move"' in line)
        return requests(rig.log), killed_at, moved_at, json.loads(move)["why"]


def row(name, value, target, is_met):
    print(f"  {name.ljust(66)}{value.rjust(12)}   target {target}: {'met' if is_met else 'not met'}", flush=True)
    return is_met


def show(title, found, limit_s):
    rows, killed_at, moved_at, why = found
    before = [ok for at, ok in rows if killed_at - LIMIT_S <= at < killed_at]
    # A request that was under way when the share was moved belongs to the time before.
    after = [ok for at, ok in rows if at >= moved_at + 0.1]
    lost = sum(not ok for at, ok in rows if killed_at <= at < moved_at + 0.1)
    print(f"\n{title}\n  {why}")
    is_met = row("requests a second before", f"{len(before) / LIMIT_S:.0f}", "1900 and more", len(before) >= 1900 * LIMIT_S)
    is_met &= row("until its share is moved, s", f"{moved_at - killed_at:.2f}", f"{limit_s}", moved_at - killed_at <= limit_s)
    is_met &= row(f"lost after it, of {len(after)}", str(sum(not ok for ok in after)), "0", all(after))
    return is_met, lost


def show_probes(title, found, is_target):
    is_met, lost = show(title, found, LIMIT_S)
    of = RATE * LIMIT_S
    name, figure = f"lost until then, of {of} requests in {LIMIT_S} s", f"{lost} ({100 * lost / of:.2f} %)"
    if is_target:
        return row(name, figure, "1 %", lost <= of / 100) and is_met
    print(f"  {name.ljust(66)}{figure.rjust(12)}")
    return is_met


def main():
    killed = scene(kill_fargate, {"probes": None})
    is_met = show_probes("guard: Fargate is killed, seen by the default policy's probes", killed, True)
    halted = scene(halt_fargate, {"probes": None})
    is_met &= show_probes("guard: Fargate hangs, seen by the default policy's probes", halted, False)
    for kill, what in ((kill_lambda, "Lambda throttles all"), (kill_fargate, "Fargate has no target")):
        metrics = scene(kill, {"metrics": METRICS, "health": {"looks": 0}, "interval": "500ms"})
        is_well, lost = show(f"guard: {what}, seen by metrics of {PERIOD_S} s alone", metrics, 2 * PERIOD_S)
        print(f"  lost until then: {lost}")
        is_met &= is_well
    sys.exit(0 if is_met else 1)


main()
