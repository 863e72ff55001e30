#!/usr/bin/env python3
"""proxy.py PROGRAM: the rig's load balancer as a proxy to two servers, beside a bare proxy, nginx and
HAProxy.

PROGRAM is the duet to measure. Each proxy has one core; the load and the servers, which answer with a few bytes, have the other. All
are measured in turn, round by round. A peer that is not installed is skipped, and said so.
"""
import json
import os
import re
import shutil
import subprocess
import sys

import bench
import server as servers

FLOOR, MANY = "bare proxy", 1000
BACKENDS = []  # their ports


def bare(port):
    return [os.path.join(bench.WORK, "ref_proxy"), str(port), *map(str, BACKENDS)], {}


def nginx(port):
    folder = os.path.join(bench.WORK, "nginx-proxy")
    lines = " ".join(f"server 127.0.0.1:{backend};" for backend in BACKENDS)
    servers.filled("nginx_proxy.conf", folder, {"PORT": port, "BACKENDS": lines})
    return ["nginx", "-p", folder, "-e", "stderr", "-c", "nginx_proxy.conf"], {}


def haproxy(port):
    lines = "\n".join(f"    server s{backend} 127.0.0.1:{backend}" for backend in BACKENDS)
    conf = servers.filled("haproxy.conf", os.path.join(bench.WORK, "haproxy"),
                          {"PORT": port, "BACKENDS": lines})
    return ["haproxy", "-db", "-q", "-f", conf], {}


def duet(program):
    def command(port):
        folder = os.path.join(bench.WORK, "duet-proxy")
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, "duet.json")
        with open(path, "w") as file:
            json.dump({"port": port, "control_port": 0, "store": "memory",
                       "weights": {"fargate": 1, "lambda": 0},
                       "fargate": {"targets": [f"127.0.0.1:{backend}" for backend in BACKENDS]}}, file)
        return [program, "local", "--quiet", "--config", path], {}
    return command


def load(server, connections):
    before = server.cpu_s()
    run = subprocess.run(
        bench.pinned(bench.LOAD_CPU, "wrk", "-t1", f"-c{connections}", f"-d{bench.SECONDS}s",
                     f"http://127.0.0.1:{server.port}/hello"), stdout=subprocess.PIPE, text=True)
    used = server.cpu_s() - before
    requests = re.search(r"(\d+) requests in", run.stdout)
    if not requests or "Non-2xx" in run.stdout or "Socket errors" in run.stdout:
        sys.exit(f"bench: wrk says\n{run.stdout}")
    return {"rate": int(requests.group(1)) / bench.SECONDS,
            "cpu_us": used * 1e6 / int(requests.group(1))}


def main(program):
    bench.SERVERS.update({"backend": servers.floor, FLOOR: bare, "nginx": nginx, "haproxy": haproxy,
                          "duet": duet(program)})
    for peer in ("nginx", "haproxy"):
        if not shutil.which(peer):
            print(f"skip {peer}: not installed")
            del bench.SERVERS[peer]
    cpu = bench.PROGRAM_CPU
    bench.PROGRAM_CPU = bench.LOAD_CPU
    backends = [bench.Server("backend") for _ in range(2)]
    bench.PROGRAM_CPU = cpu
    BACKENDS.extend(backend.port for backend in backends)
    figures = [("rate", "requests/s"), ("cpu_us", "CPU/request, us")]
    names = [FLOOR, "nginx", "haproxy", "duet"]
    try:
        rows = servers.rounds(names, lambda s: load(s, 64), bench.ROUNDS)
        bench.table("load balancer: a proxy to two servers, 64 kept connections, one core", figures,
                    rows, FLOOR)
        servers.target(rows, "cpu_us", FLOOR, 1.1, "CPU at most 1.1 of the bare proxy's")
        for peer in ("nginx", "haproxy"):
            servers.target(rows, "cpu_us", peer, 1.0, f"CPU less than {peer}'s")
        rows = servers.rounds(names, lambda s: load(s, MANY), max(3, bench.ROUNDS // 2))
        bench.table(f"load balancer: the same with {MANY} connections; a request that fails ends the bench",
                    figures, rows, FLOOR)
    finally:
        for backend in backends:
            backend.stop()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(os.path.abspath(sys.argv[1]))
