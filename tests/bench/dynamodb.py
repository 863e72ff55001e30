#!/usr/bin/env python3
"""dynamodb.py: what a store that is 50 ms away costs: the server's other requests, an invocation, a start.

A fake answers each GetItem with one item after a fixed time, on the core of the load. Standard
library alone; BENCH_ROUNDS and BENCH_SECONDS as for bench.py.
"""
import json
import os
import re
import subprocess
import sys

import bench

WORKERS = 64
CLIENTS = 256
FAKE = os.path.join(bench.WORK, "fake_dynamodb")
FAR_US = 50000
NEAR_US = 1000


class Fake:
    """fake_dynamodb with its delay, until stop; env leads there."""

    def __init__(self, delay_us):
        self.process = subprocess.Popen(bench.pinned(bench.LOAD_CPU, FAKE, str(delay_us)),
                                        stdout=subprocess.PIPE, text=True)
        port = self.process.stdout.readline().split()[-1]
        self.env = {"DUET_STORE": "dynamodb:votes", "AWS_REGION": "eu-west-1",
                    "AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{port}",
                    "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}

    def stop(self):
        self.process.kill()
        self.process.wait()


# --- the container home ---


def wrk(port, path, connections):
    return subprocess.Popen(
        bench.pinned(bench.LOAD_CPU, "wrk", "-t1", f"-c{connections}", f"-d{bench.SECONDS}s",
                     "--latency", "--timeout", "10s", f"http://127.0.0.1:{port}{path}"),
        stdout=subprocess.PIPE, text=True)


def outcome(process):
    out = process.communicate()[0]
    rate = re.search(r"Requests/sec:\s+([\d.]+)", out)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", out)
    if not rate or not p99 or "Non-2xx" in out or "Socket errors" in out:
        sys.exit(f"bench: wrk says\n{out}")
    unit = {"us": 1, "ms": 1000, "s": 1000000}[p99.group(2)]
    return float(rate.group(1)), float(p99.group(1)) * unit


def bench_pool():
    rows = {"idle": [], f"{CLIENTS} wait": []}
    rates = []
    fake = Fake(FAR_US)
    bench.SERVERS["duet"] = lambda port: ([os.path.join(bench.BUILD, "server")], dict(
        fake.env, PORT=str(port), DUET_BIND="127.0.0.1", DUET_THREADS="1",
        DUET_WORKERS=str(WORKERS), DUET_ACCESS_LOG="off"))
    server = bench.Server("duet")
    try:
        for _ in range(bench.ROUNDS):
            rows["idle"].append({"p99_us": outcome(wrk(server.port, "/hello", 1))[1]})
            waiting = wrk(server.port, "/candidate/ada", CLIENTS)
            rows[f"{CLIENTS} wait"].append({"p99_us": outcome(wrk(server.port, "/hello", 1))[1]})
            rates.append({"rate": outcome(waiting)[0]})
    finally:
        server.stop()
        fake.stop()
    ideal = [{"rate": WORKERS * 1e6 / FAR_US}]
    bench.table(f"store: {WORKERS} workers on DynamoDB, {FAR_US // 1000} ms away, {CLIENTS} clients",
                [("rate", "items/s")], {"workers / delay": ideal * len(rates), "duet": rates},
                "workers / delay")
    bench.table("store: p99 of GET /hello meanwhile, one client", [("p99_us", "p99, us")], rows, "idle")


# --- the Lambda home ---


def round_trip(delay_us, count):
    run = subprocess.run(bench.pinned(bench.LOAD_CPU, FAKE, str(delay_us), str(count)),
                         stdout=subprocess.PIPE, text=True, check=True)
    return float(run.stdout.split("round_trip_us=")[1])


def item_event():
    """The event of bench.py, for a route that reads one item."""
    path = os.path.join(bench.WORK, "item_event.json")
    with open(os.path.join(bench.HERE, "event.json")) as source:
        event = json.load(source)
    with open(path, "w") as target:
        json.dump(dict(event, path="/candidate/ada"), target)
    return path


def bench_invocation(delay_us, count):
    rows = {"HTTP round trip": [], "duet": []}
    fake = Fake(delay_us)
    try:
        for _ in range(bench.ROUNDS):
            rows["HTTP round trip"].append({"wall_us": round_trip(delay_us, count)})
            rows["duet"].append(bench.invocations(bench.EVERYDAY["duet"], count, item_event(), fake.env))
    finally:
        fake.stop()
    bench.table(f"store: an invocation that reads an item, {delay_us / 1000:g} ms away (target 1.30)",
                [("wall_us", "p50, us")], rows, "HTTP round trip")


def bench_start(build, program):
    rows = {"memory": [], "dynamodb": []}
    fake = Fake(FAR_US)
    try:
        for _ in range(bench.ROUNDS * bench.STARTS_A_ROUND):
            rows["memory"].append(bench.invocations(program, 1))
            rows["dynamodb"].append(bench.invocations(program, 1, env=fake.env))
    finally:
        fake.stop()
    bench.table(f"store: exec to the first GET next of /hello, {build}", [("start_us", "us")], rows,
                "memory")


if __name__ == "__main__":
    bench_pool()
    bench_invocation(FAR_US, 40)
    bench_invocation(NEAR_US, 500)
    bench_start("everyday build", bench.EVERYDAY["duet"])
    if os.path.exists(bench.RELEASE["duet"]):
        bench_start("release build", bench.RELEASE["duet"])
