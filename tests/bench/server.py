#!/usr/bin/env python3
"""server.py PROGRAM: the server beside a bare epoll loop, nginx, h2o and libmicrohttpd.

PROGRAM is the server to measure. Each peer has one core and the load the other; all are measured in
turn, round by round. A peer that is not installed is skipped, and said so.
"""
import os
import pwd
import re
import resource
import shutil
import socket
import subprocess
import sys
import time

import bench

FLOOR, NGINX = "bare epoll", "nginx"
IDLE = 10000
# Connections of a round. A kernel that tracks connections remembers each for two minutes, and drops
# new ones when its table is full; so this comes last, too.
CLOSING = 4000
REQUEST = b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"


def filled(name, folder, values):
    """A configuration of tests/bench with its @WORDS@ filled in, written to `folder`."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(bench.HERE, name)) as source:
        text = source.read()
    for word, value in values.items():
        text = text.replace(f"@{word}@", str(value))
    path = os.path.join(folder, name)
    with open(path, "w") as conf:
        conf.write(text)
    return path


def nginx(log):
    def command(port):
        folder = os.path.join(bench.WORK, "nginx")
        filled("nginx.conf", folder, {"PORT": port, "LOG": log})
        return ["nginx", "-p", folder, "-e", "stderr", "-c", "nginx.conf"], {}
    return command


def h2o(port):
    folder = os.path.join(bench.WORK, "h2o")
    user = pwd.getpwuid(os.getuid()).pw_name
    conf = filled("h2o.conf", folder, {"PORT": port, "FOLDER": folder, "USER": user})
    with open(os.path.join(folder, "hello"), "w") as hello:
        hello.write("Hello world")
    return ["h2o", "-m", "worker", "-c", conf], {}


def mhd(port):
    return [os.path.join(bench.WORK, "mhd"), str(port)], {}


def floor(port):
    return [os.path.join(bench.WORK, "ref_server"), str(port)], {}


def duet(program, log):
    def command(port):
        return [program], {"PORT": str(port), "DUET_BIND": "127.0.0.1", "DUET_THREADS": "1",
                           "DUET_STORE": "memory", "DUET_ACCESS_LOG": log, "DUET_LAME_DUCK_S": "0"}
    return command


def peers(program):
    some = {FLOOR: floor, NGINX: nginx("off"), "h2o": h2o, "libmicrohttpd": mhd,
            "duet": duet(program, "off"), "nginx, log on": nginx("/dev/null"),
            "duet, log on": duet(program, "on")}
    missing = [peer for peer in ("nginx", "h2o") if not shutil.which(peer)]
    if not os.path.exists(os.path.join(bench.WORK, "mhd")):
        missing.append("libmicrohttpd")
    for peer in missing:
        print(f"skip {peer}: not installed")
    return {peer: start for peer, start in some.items() if peer.split(",")[0] not in missing}


# --- loads ---


def wrk(server, *script):
    before = server.cpu_s()
    run = subprocess.run(
        bench.pinned(bench.LOAD_CPU, "wrk", "-t1", "-c64", f"-d{bench.SECONDS}s", *script,
                     f"http://127.0.0.1:{server.port}/hello"), stdout=subprocess.PIPE, text=True)
    used = server.cpu_s() - before
    requests = re.search(r"(\d+) requests in", run.stdout)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", run.stdout)
    if not requests or not rate or "Non-2xx" in run.stdout or "Socket errors" in run.stdout:
        sys.exit(f"bench: wrk says\n{run.stdout}")
    cpu_us = used * 1e6 / int(requests.group(1))
    return {"rate": float(rate.group(1)), "cpu_us": cpu_us, "per_core": 1e6 / cpu_us}


def pipelined(server):
    return wrk(server, "-s", os.path.join(bench.HERE, "pipeline.lua"))


def closing(server):
    """A connection for each request, 64 at once."""
    before = server.cpu_s()
    run = subprocess.run(
        bench.pinned(bench.LOAD_CPU, os.path.join(bench.WORK, "http_load"), str(server.port), "64",
                     str(CLOSING), "1"), stdout=subprocess.PIPE, text=True)
    used = server.cpu_s() - before
    seconds = re.search(r"seconds=([\d.]+)", run.stdout)
    if run.returncode != 0 or not seconds:
        sys.exit(f"bench: http_load says {run.stdout}")
    return {"rate": CLOSING / float(seconds.group(1)), "cpu_us": used * 1e6 / CLOSING,
            "per_core": CLOSING / used}


def idle(server):
    """Bytes of the server's own memory for each of many connections that have asked once."""
    before, held = server.rss_bytes(), []
    try:
        for _ in range(IDLE):
            held.append(socket.create_connection(("127.0.0.1", server.port), 10))
            held[-1].sendall(REQUEST)
            answer = b""
            while b"Hello world" not in answer:
                got = held[-1].recv(4096)
                if not got:
                    sys.exit("bench: a connection that should be kept was closed")
                answer += got
        time.sleep(0.3)  # for what the server does after its last answer
        return {"bytes": (server.rss_bytes() - before) / IDLE}
    finally:
        for connection in held:
            connection.close()


def start(server):
    return {"ms": server.start_ms}


# --- tables ---


def rounds(names, measure, count):
    rows = {peer: [] for peer in names if peer in bench.SERVERS}
    for _ in range(count):
        for peer, figures in rows.items():
            server = bench.Server(peer)
            try:
                figures.append(measure(server))
            finally:
                server.stop()
    return rows


def target(rows, figure, peer, limit, text):
    """Says whether duet's median is at most (at least, when negative) `limit` times `peer`'s."""
    if peer and peer not in rows:
        return
    value = bench.median(rows["duet"], figure) / (bench.median(rows[peer], figure) if peer else 1)
    is_met = value <= limit if limit > 0 else value >= -limit
    shown = f"{value:.2f}" if peer else f"{value:,.0f}"
    print(f"  target: {text}: {shown}, {'met' if is_met else 'not met'}")


def main(program):
    bench.SERVERS.update(peers(program))
    build = os.path.relpath(program, bench.ROOT)
    if bench.PROGRAM_CPU == bench.LOAD_CPU:
        print("one CPU alone: the load takes its share of it; look at the CPU time, not at the rate")
    cpu = ("cpu_us", "CPU/request, us")
    quiet = [FLOOR, NGINX, "h2o", "libmicrohttpd", "duet"]

    rows = rounds(quiet, start, 3 * bench.ROUNDS)
    bench.table("server: from its start to the first answer", [("ms", "ms")], rows, FLOOR)
    target(rows, "ms", None, 50, "at most 50 ms")
    target(rows, "ms", NGINX, 1.0, "no longer than nginx")

    rows = rounds(quiet, wrk, bench.ROUNDS)
    bench.table(f"server ({build}): GET /hello, 64 kept connections, one core, access log off",
                [("rate", "requests/s"), cpu], rows, FLOOR)
    target(rows, "cpu_us", FLOOR, 1.05, "CPU at most 1.05 of the bare loop's")
    for peer in (NGINX, "h2o", "libmicrohttpd"):
        target(rows, "cpu_us", peer, 1.0, f"CPU less than {peer}'s")

    if NGINX in bench.SERVERS:
        bench.table("server: the same, access log on", [("rate", "requests/s"), cpu],
                    rounds(["nginx, log on", "duet, log on"], wrk, bench.ROUNDS), "nginx, log on")

    rows = rounds([FLOOR, NGINX, "duet"], pipelined, max(3, bench.ROUNDS // 2))
    bench.table("server: 16 pipelined requests, 64 connections",
                [("rate", "requests/s"), cpu, ("per_core", "1 s of CPU")], rows, FLOOR)
    target(rows, "per_core", None, -1e6, "at least 1,000,000 requests for a second of its core")

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < IDLE + 100:
        print(f"\nskip {IDLE} idle connections: only {most} descriptors are allowed")
    else:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        rows = rounds([NGINX, "h2o", "libmicrohttpd", "duet"], idle, 1)
        bench.table(f"server: {IDLE} idle kept connections, its own memory",
                    [("bytes", "bytes/connection")], rows, NGINX if NGINX in rows else "duet")
        target(rows, "bytes", None, 1024, "at most 1,024 bytes a connection")

    rows = rounds([NGINX, "h2o", "duet"], closing, bench.ROUNDS)
    bench.table("server: a new connection for each request", [("rate", "connections/s"), cpu], rows,
                NGINX if NGINX in rows else "duet")
    target(rows, "per_core", NGINX, -1.0, "at least nginx's connections for a second of its core")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(os.path.abspath(sys.argv[1]))
