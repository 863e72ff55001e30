#!/usr/bin/env python3
"""bench.py lambda: measures Duet beside its references and prints medians and ratios; server.py and
store.py do the same with what is here.

All peers of a table are measured in turn, round by round, so that what else the machine does falls
on all of them; compare the ratios of one run, never figures of two. Standard library alone.
BENCH_ROUNDS and BENCH_SECONDS change how long it takes.
"""
import os
import platform
import re
import signal
import socket
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(ROOT, "build")
WORK = os.path.join(BUILD, "bench")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "2"))
CPUS = sorted(os.sched_getaffinity(0))
PROGRAM_CPU, LOAD_CPU = CPUS[0], CPUS[-1]


def pinned(cpu, *words):
    return ["taskset", "-c", str(cpu), *words]


def median(rounds, figure):
    return statistics.median(r[figure] for r in rounds)


def table(title, figures, rows, base):
    """rows: {peer: [{figure: value}, ...]}; prints each figure's median and its ratio to base's."""
    print(f"\n{title}\n  medians of {len(rows[base])}; in brackets the ratio to: {base}")
    print("  " + "".ljust(24) + "".join(label.rjust(20) for _, label in figures))
    for peer, rounds in rows.items():
        line = "  " + peer.ljust(24)
        for key, _ in figures:
            value = statistics.median(r[key] for r in rounds)
            ratio = value / statistics.median(r[key] for r in rows[base])
            shown = f"{value:.0f}" if value >= 1000 else f"{value:.1f}"
            line += (shown if peer == base else f"{shown} ({ratio:.2f})").rjust(20)
        print(line)


# --- the Lambda home ---

EVERYDAY = {
    "bare socket": os.path.join(WORK, "ref_bootstrap"),
    "duet": os.path.join(BUILD, "bootstrap"),
}
# Both static, with the same flags: what `make package` has built, and its reference by bench.sh.
ARCH = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine(), "none")
RELEASE = {
    "bare socket": os.path.join(BUILD, "release-" + ARCH, "bench", "ref_bootstrap"),
    "duet": os.path.join(BUILD, "release-" + ARCH, "bootstrap"),
}
STARTS_A_ROUND = 8
EVENT = os.path.join(HERE, "event.json")


def invocations(program, count, event=EVENT, env=None):
    """One run of `count` invocations; program and Runtime API on one core, so that no wake-up
    across cores is in the figures."""
    # Without metrics, as the reference: a line costs as much as whoever reads it makes it cost.
    env = dict(os.environ, DUET_STORE="memory", DUET_METRICS="off", AWS_LAMBDA_FUNCTION_NAME="hello",
               AWS_LAMBDA_FUNCTION_MEMORY_SIZE="128", AWS_LAMBDA_FUNCTION_VERSION="1") | (env or {})
    command = pinned(PROGRAM_CPU, os.path.join(WORK, "runtime_api"), str(count), event, program)
    with open(os.path.join(WORK, "bootstrap.log"), "w") as log:
        run = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=log, text=True)
    figures = [word for word in run.stdout.split() if re.match(r"\w+_us=", word)]
    if run.returncode != 0 or not figures:
        sys.exit(f"bench: {program} failed, see {log.name}")
    return {key: float(value) for key, value in (word.split("=") for word in figures)}


def bench_bootstraps(build, peers):
    warm = {peer: [] for peer in peers}
    cold = {peer: [] for peer in peers}
    for _ in range(ROUNDS):
        for peer, program in peers.items():
            warm[peer].append(invocations(program, 3000))
        for _ in range(STARTS_A_ROUND):
            for peer, program in peers.items():
                cold[peer].append(invocations(program, 1))
    table(f"bootstrap, {build}: exec to the first GET next", [("start_us", "us")], cold,
          "bare socket")
    table(f"bootstrap, {build}: an invocation of GET /hello",
          [("wall_us", "wall p50, us"), ("cycle_us", "with next p50, us"), ("cpu_us", "CPU, us")],
          warm, "bare socket")


def bench_lambda():
    bench_bootstraps("everyday build", EVERYDAY)
    if all(os.path.exists(program) for program in RELEASE.values()):
        bench_bootstraps("release build", RELEASE)
        print("  targets of the release build: start 1.25, wall 1.25, CPU 1.25")
    else:
        print("\nbootstrap, release build: not there; make package builds it")


# --- the container home ---


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# What Server starts, by name: a function of the port that gives words and environment. server.py and
# store.py fill it.
SERVERS = {}


class Server:
    """A peer on a free port, in a process group of its own, on PROGRAM_CPU."""

    def __init__(self, peer):
        self.port = free_port()
        words, env = SERVERS[peer](self.port)
        self.process = subprocess.Popen(
            pinned(PROGRAM_CPU, *words), env=dict(os.environ, **env), start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        begin = time.monotonic()
        end = begin + 10
        while not self.says_hello():
            if time.monotonic() > end or self.process.poll() is not None:
                self.stop()
                sys.exit(f"bench: {peer} does not answer on port {self.port}")
            time.sleep(0.001)
        self.start_ms = (time.monotonic() - begin) * 1000

    def says_hello(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as s:
                s.sendall(b"GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                answer = s.recv(4096)
        except OSError:
            return False
        return answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"Hello world")

    def cpu_s(self):
        """CPU time of the whole group, by each process's own clock."""
        total = 0.0
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.getpgid(int(name)) == self.process.pid:
                    total += time.clock_gettime((~int(name) << 3) | 2)
            except OSError:
                pass  # it has ended since listdir
        return total

    def rss_bytes(self):
        """Resident memory of the whole group."""
        total = 0
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.getpgid(int(name)) == self.process.pid:
                    with open(f"/proc/{name}/statm") as statm:
                        total += int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            except OSError:
                pass
        return total

    def stop(self):
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, sign)
                self.process.wait(3)
                return
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue


if __name__ == "__main__":
    if sys.argv[1:] == ["lambda"]:
        bench_lambda()
    else:
        sys.exit(__doc__)
