#!/usr/bin/env python3
"""store.py VENV: reads and writes a second on SQLite through the server, beside Flask and gunicorn.

VENV is a virtual environment with both (venv.sh makes it). Each peer has one core, a file of its own
with a thousand candidates, a write-ahead log and a sync at each commit; wrk keeps 64 connections.
"""
import http.client
import os
import re
import subprocess
import sys

import bench

FLASK = "flask, gunicorn"
SIZE = 1000


def new_file(name):
    path = os.path.join(bench.WORK, f"store-{name}.db")
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(path + suffix):
            os.remove(path + suffix)
    return path


def duet(workers):
    def command(port):
        return [os.path.join(bench.BUILD, "server")], {
            "PORT": str(port), "DUET_BIND": "127.0.0.1", "DUET_THREADS": "1",
            "DUET_WORKERS": str(workers), "DUET_STORE": "sqlite:" + new_file(f"duet{workers}"),
            "DUET_ACCESS_LOG": "off"}
    return command


def flask(venv):
    def command(port):
        return [os.path.join(venv, "bin", "gunicorn"), "--chdir", bench.HERE, "--workers", "1",
                "--threads", "8", "--keep-alive", "75", "--bind", f"127.0.0.1:{port}",
                "flask_store:app"], {"STORE": new_file("flask"), "PYTHONDONTWRITEBYTECODE": "1"}
    return command


def fill(server):
    client = http.client.HTTPConnection("127.0.0.1", server.port)
    for i in range(SIZE):
        client.request("PUT", f"/candidate/bench{i}", '{"party":"Whigs"}',
                       {"Content-Type": "application/json"})
        answer = client.getresponse()
        answer.read()
        if answer.status != 201:
            sys.exit(f"bench: a new candidate is answered with {answer.status}")
    client.close()


def load(server, way):
    before = server.cpu_s()
    run = subprocess.run(
        bench.pinned(bench.LOAD_CPU, "wrk", "-t1", "-c64", f"-d{bench.SECONDS}s", "--timeout", "10s",
                     "-s", os.path.join(bench.HERE, "store.lua"), f"http://127.0.0.1:{server.port}"),
        env=dict(os.environ, WAY=way), stdout=subprocess.PIPE, text=True)
    used = server.cpu_s() - before
    requests = re.search(r"(\d+) requests in", run.stdout)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", run.stdout)
    if not requests or not rate or "Non-2xx" in run.stdout or "Socket errors" in run.stdout:
        sys.exit(f"bench: wrk says\n{run.stdout}")
    return {way: float(rate.group(1)), way + "_us": used * 1e6 / int(requests.group(1))}


def main(venv):
    bench.SERVERS.clear()
    bench.SERVERS.update({FLASK: flask(venv), "duet, one worker": duet(1), "duet": duet(8)})
    rows = {peer: [] for peer in bench.SERVERS}
    for _ in range(bench.ROUNDS):
        for peer in bench.SERVERS:
            server = bench.Server(peer)
            try:
                fill(server)
                rows[peer].append({**load(server, "get"), **load(server, "put")})
            finally:
                server.stop()
    bench.table("store: candidates on SQLite, 64 kept connections, one core",
                [("get", "reads/s"), ("get_us", "CPU/read, us"), ("put", "writes/s"),
                 ("put_us", "CPU/write, us")], rows, FLASK)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
