#!/usr/bin/env python3
"""rolling.py: a million requests through `duet local` while ECS's rolling update replaces its tasks.

One table: wrk on kept connections, in rounds until that many answers have come, while the service's
tasks are replaced again and again by UpdateService with forceNewDeployment, and beside it rounds
without. BENCH_REQUESTS changes how many. Standard library alone: the rig takes any signature.
"""
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "1000000"))
TASKS, ROUND_S, CONNECTIONS = 2, 5, 32
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


class Rig:
    def __init__(self, folder):
        self.log = open(os.path.join(folder, "rig.log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [os.path.join(ROOT, "build/duet"), "local", "--port", "0", "--control-port", "0", "--store", "memory",
             "--quiet", "--weights", "lambda=0,fargate=1", "--tasks", str(TASKS)], stdout=self.log)
        end = time.monotonic() + 60
        while "AWS_ENDPOINT_URL" not in self.text():
            if time.monotonic() > end or self.process.poll() is not None:
                sys.exit(f"rolling: the rig does not start: {self.text()}")
            time.sleep(0.02)
        self.url = re.search(r"(http://\S+) ->", self.text()).group(1)
        self.control = re.search(r"control port (http://[\d.:]+)", self.text()).group(1)

    def text(self):
        self.log.seek(0)
        return self.log.read()

    def ecs(self, action, **parameters):
        scope = "AWS4-HMAC-SHA256 Credential=any/20261121/us-east-1/ecs/aws4_request, SignedHeaders=host, Signature="
        request = urllib.request.Request(
            self.control, json.dumps({"cluster": "duet-local", **parameters}).encode(),
            {"Content-Type": "application/x-amz-json-1.1", "Authorization": scope + "0" * 64,
             "X-Amz-Target": f"AmazonEC2ContainerServiceV20141113.{action}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def replace(self):
        """New tasks for all, and the old ones gone."""
        wanted = self.ecs("UpdateService", service="duet-local-a", forceNewDeployment=True)
        wanted = wanted["service"]["deployments"][0]["id"]
        while True:
            found = self.ecs("DescribeServices", services=["duet-local-a"])["services"][0]["deployments"]
            if found[0]["id"] != wanted or found[0]["rolloutState"] == "FAILED":
                sys.exit(f"rolling: a replacement failed: {found}")
            if len(found) == 1 and found[0]["rolloutState"] == "COMPLETED":
                return
            time.sleep(0.02)


def load(rig):
    """(answers, failed ones, p99 in ms) of a round."""
    out = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{ROUND_S}s", "--latency", rig.url + "/hello"],
                         stdout=subprocess.PIPE, text=True).stdout
    count = re.search(r"(\d+) requests in", out)
    late = re.search(r"99%\s+([\d.]+)(us|ms|s)\b", out)
    if not count or not late:
        sys.exit(f"rolling: wrk says\n{out}")
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", out)
    failed = (int(wrong.group(1)) if wrong else 0) + (sum(map(int, broken.groups())) if broken else 0)
    return int(count.group(1)), failed, float(late.group(1)) * UNITS[late.group(2)]


def row(name, value, target):
    print(f"  {name.ljust(62)}{value.rjust(10)}   target {target}", flush=True)


def main():
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(folder)
        alone = [load(rig)[2] for _ in range(3)]
        going, replacements = threading.Event(), 0
        rounds = []

        def ask():
            while sum(each[0] for each in rounds) < REQUESTS:
                rounds.append(load(rig))
            going.set()

        asker = threading.Thread(target=ask)
        asker.start()
        while not going.is_set():
            rig.replace()
            replacements += 1
        asker.join()
        rig.process.send_signal(signal.SIGTERM)
        ended = rig.process.wait(60)
    total, failed = sum(each[0] for each in rounds), sum(each[1] for each in rounds)
    late = statistics.median(each[2] for each in rounds)
    print(f"\ntasks of the rig's service replaced under load ({TASKS} tasks, {CONNECTIONS} connections)")
    row("requests", str(total), f"{REQUESTS} and more")
    row("failed requests", str(failed), "0")
    row("replacements of all tasks", str(replacements), "20 and more")
    row(f"p99 meanwhile, ms (alone {statistics.median(alone):.2f})", f"{late:.2f}", "none")
    if failed or replacements < 20 or ended:
        sys.exit("rolling: a target is missed" if not ended else f"rolling: the rig ended with {ended}")


main()
