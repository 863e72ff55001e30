#!/usr/bin/env python3
"""life.py: what the server's limits are worth, as ratios of one run. `make bench ONLY=life`.

Three tables: /hello while 256 clients keep all workers waiting for a store that takes 50 ms; /hello
while 10,000 slow clients are connected; and a million requests through a balancer while servers are
replaced. Each p99 is the median of rounds, with and without the others in turns. BENCH_ROUNDS,
BENCH_SECONDS and BENCH_REQUESTS change how long it takes. Standard library alone.
"""
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "4"))
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "1000000"))
WORKERS, STORE_MS = 8, 50
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


class Server:
    def __init__(self, folder, program, **settings):
        env = dict(os.environ, PORT="0", DUET_BIND="127.0.0.1", DUET_ACCESS_LOG="off",
                   DUET_METRICS="off", DUET_LAME_DUCK_S="0", DUET_WORKERS=str(WORKERS), **settings)
        self.log = tempfile.TemporaryFile("w+", dir=folder)
        self.process = subprocess.Popen([os.path.join(BUILD, program)], env=env, stdout=self.log)
        end = time.monotonic() + 30
        while not (found := re.search(r'"port":(\d+)', self.text())):
            if time.monotonic() > end or self.process.poll() is not None:
                sys.exit(f"life: {program} does not start: {self.text()}")
            time.sleep(0.02)
        self.port = found.group(1)

    def text(self):
        self.log.seek(0)
        return self.log.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def wrk(server, path, connections):
    return subprocess.Popen(["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency",
                             f"http://127.0.0.1:{server.port}{path}"], stdout=subprocess.PIPE, text=True)


def figures(run):
    """(requests a second, p99 in ms) of a wrk."""
    out = run.communicate()[0]
    rate = re.search(r"Requests/sec:\s+([\d.]+)", out)
    late = re.search(r"99%\s+([\d.]+)(us|ms|s)\b", out)
    if not rate or not late or "Non-2xx" in out or "Socket errors" in out:
        sys.exit(f"life: wrk says\n{out}")
    return float(rate.group(1)), float(late.group(1)) * UNITS[late.group(2)]


def row(name, value, target):
    print(f"  {name.ljust(62)}{value.rjust(10)}   target {target}", flush=True)


def compare(what, alone, beside, target):
    alone, beside = statistics.median(alone), statistics.median(beside)
    row(f"/hello, p99 beside them to p99 {what} ({beside:.2f}, {alone:.2f} ms)",
        f"{beside / alone:.2f}", target)


def waiting(folder):
    print(f"\nserver, 256 clients on a store that takes {STORE_MS} ms, {WORKERS} workers")
    store = "sqlite:" + os.path.join(folder, "store.db")
    idle, beside, rates = [], [], []
    with Server(folder, "tests/waiting_app", DUET_STORE=store) as server:
        for _ in range(ROUNDS):
            idle.append(figures(wrk(server, "/hello", 4))[1])
            busy = wrk(server, "/store", 256)
            beside.append(figures(wrk(server, "/hello", 4))[1])
            rates.append(figures(busy)[0])
    compare("without", idle, beside, "3")
    could = WORKERS * 1000 / STORE_MS
    row("the store's route, requests/s to workers / 50 ms",
        f"{statistics.median(rates) / could:.2f}", "1")


def slow(folder):
    print("\nserver, 10,000 clients that are slow to send, to read, or silent")
    alone, beside, connected = [], [], []
    with Server(folder, "server", DUET_STORE="memory") as server:
        for _ in range(ROUNDS):
            alone.append(figures(wrk(server, "/hello", 4))[1])
            load = subprocess.Popen([os.path.join(BUILD, "tests/mixed_load"), server.port,
                                     str(SECONDS + 4), "0", "0", "10000"],
                                    stdout=subprocess.PIPE, text=True)
            time.sleep(3)  # until they are connected
            beside.append(figures(wrk(server, "/hello", 4))[1])
            connected.append(int(re.search(r"slow=(\d+)", load.communicate()[0]).group(1)))
    compare("without", alone, beside, "2")
    row("connections of theirs, at least", str(min(connected)), "10000")


def rolling():
    print(f"\nservers replaced one after the other under load, {REQUESTS} requests")
    run = subprocess.run([os.path.join(BUILD, "tests/rolling"), os.path.join(BUILD, "server"),
                          str(REQUESTS), "10"], stdout=subprocess.PIPE, text=True)
    found = dict(re.findall(r"(\w+)=(\d+)", run.stdout))
    row("failed requests", found.get("failed", "?"), "0")
    row("replacements", found.get("replacements", "?"), "10 and more")


with tempfile.TemporaryDirectory() as work:
    waiting(work)
    slow(work)
rolling()
