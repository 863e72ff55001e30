#!/usr/bin/env python3
"""rig.py: a request through the rig's load balancer to a Lambda sandbox and back, beside the bench's
bare Runtime API, which hands a bare bootstrap its events without a load balancer.

What is timed shares one core, so that no wake-up across cores is in the figures.
"""
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import time

import bench

REQUESTS, COLD_STARTS = 5000, 12
CONCURRENCY = 50


def rig(name, settings):
    """Words that start a rig of one Lambda function, and where its access log may be."""
    folder = os.path.join(bench.WORK, name)
    os.makedirs(folder, exist_ok=True)
    log = os.path.join(folder, "access.log")

    def words(port):
        path = os.path.join(folder, "duet.json")
        with open(path, "w") as file:
            json.dump({"port": port, "control_port": 0, "store": "memory",
                       "weights": {"fargate": 0, "lambda": 1},
                       "lambda": {"concurrency": CONCURRENCY}} | settings(log), file)
        if os.path.exists(log):
            os.unlink(log)
        return [os.path.join(bench.BUILD, "duet"), "local", "--quiet", "--config", path], {"DUET_METRICS": "off"}

    return words, log


def load(server, connections, requests):
    """Requests, seconds and failures of one run of http_load."""
    run = subprocess.run(
        bench.pinned(bench.LOAD_CPU, os.path.join(bench.WORK, "http_load"), str(server.port),
                     str(connections), str(requests), str(requests // connections)),
        stdout=subprocess.PIPE, text=True)
    found = re.match(r"requests=(\d+) seconds=([\d.]+) failed=(\d+)", run.stdout)
    return int(found[1]), float(found[2]), int(found[3])


def cycle(server):
    run = subprocess.run(
        bench.pinned(bench.PROGRAM_CPU, os.path.join(bench.WORK, "one_client"), str(server.port),
                     str(REQUESTS)), stdout=subprocess.PIPE, text=True, check=True)
    return {"cycle_us": float(run.stdout.split("=")[1])}


def sandboxes(server):
    """The ids of the rig's children that are bootstraps."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as stat:
                parent = int(stat.read().rsplit(")", 1)[1].split()[1])
            if parent == server.process.pid and "bootstrap" in os.readlink(f"/proc/{pid}/exe"):
                found.append(int(pid))
        except OSError:
            pass
    return found


def request_us(port):
    with socket.create_connection(("127.0.0.1", port), 10) as s:
        start = time.perf_counter()
        s.sendall(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = s.recv(4096)
        spent = time.perf_counter() - start
    if not answer.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"bench: a cold start was answered {answer[:60]}")
    return spent * 1e6


def cold(server):
    """A request that starts a sandbox, less one that finds it there."""
    rows = []
    for _ in range(COLD_STARTS):
        for pid in sandboxes(server):
            os.kill(pid, signal.SIGKILL)
        cold_us = request_us(server.port)
        rows.append(cold_us - statistics.median(request_us(server.port) for _ in range(5)))
    return statistics.median(rows)


def throttles(log):
    with open(log) as lines:
        return sum("LambdaThrottling" in line for line in lines)


def target(value, limit, shown, text):
    print(f"  target: {text}: {shown}, {'met' if value <= limit else 'not met'}")


def cycles():
    """An invocation by the bare Runtime API and through the rig, round by round."""
    rows = {"bare Runtime API": [], "duet": []}
    for _ in range(bench.ROUNDS):
        rows["bare Runtime API"].append(bench.invocations(bench.EVERYDAY["bare socket"], REQUESTS))
        server = bench.Server("duet")
        cycle(server)  # warm
        rows["duet"].append(cycle(server))
        server.stop()
    bench.table("rig: load balancer, event, sandbox and back, one client", [("cycle_us", "cycle, us")],
                rows, "bare Runtime API")
    ratio = bench.median(rows["duet"], "cycle_us") / bench.median(rows["bare Runtime API"], "cycle_us")
    target(ratio, 3, f"{ratio:.2f}", "at most 3 cycles of the bare Runtime API with a bare bootstrap")


def crowds(log):
    """As many in flight as there may be sandboxes, and far more."""
    print(f"\nrig: many at once, {CONCURRENCY} sandboxes at most")
    for connections in (CONCURRENCY, 1000):
        server = bench.Server("duet, logged")
        requests, seconds, failed = load(server, connections, 20000)
        server.stop()
        throttled = throttles(log)
        print(f"  {connections} in flight: {requests / seconds:.0f} requests/s, "
              f"{throttled} throttled, {failed - throttled} failed otherwise")
        wrong = failed if connections == CONCURRENCY else failed - throttled
        target(wrong, 0, str(wrong),
               "nothing throttled or failed" if connections == CONCURRENCY else "nothing fails that was not throttled")


def starts():
    own, added = [], []
    for _ in range(bench.STARTS_A_ROUND):
        own.append(bench.invocations(bench.EVERYDAY["duet"], 1)["start_us"])
    server = bench.Server("duet")
    added = cold(server) - statistics.median(own)
    server.stop()
    print(f"\nrig: a cold start takes {statistics.median(own) / 1000:.1f} ms by the bare Runtime API, "
          f"and {added / 1000:.1f} ms more through the rig")
    target(added, 10000, f"{added / 1000:.1f} ms", "at most 10 ms more")


def main():
    bench.SERVERS["duet"], _ = rig("rig", lambda log: {})
    bench.SERVERS["duet, logged"], log = rig("rig-logged", lambda log: {"access_log": log})
    cycles()
    crowds(log)
    starts()


if __name__ == "__main__":
    main()
