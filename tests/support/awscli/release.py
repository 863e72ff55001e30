"""release.py ALB_URL CONTROL_URL SERVER FOLDER: a release of both homes of a running `duet local`, by the AWS CLI.

Half of the rig's requests go to each home, whose Fargate program SERVER is; FOLDER is a place for files.
Prints "ok NAME" or "not ok NAME" for each claim, with what went wrong before it. Exit status: 0 all held,
1 not.
"""

import http.client
import json
import os
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

import claims  # first: it sets what the clients read
import boto3
import packages
from claims import check

ALB_URL, CONTROL_URL, SERVER, FOLDER = sys.argv[1:5]
SOON = {"Delay": 1, "MaxAttempts": 120}  # of waiters: a loaded machine is slow
LIMIT_S = 120
FUNCTION = ["--function-name", "duet-local"]
SERVICE = ["--cluster", "duet-local", "--service", "duet-local-a"]


def aws(*words):
    """The AWS CLI's output."""
    done = subprocess.run(
        [os.path.join(os.path.dirname(sys.executable), "aws"), "--output", "text", *words],
        env={**os.environ, "AWS_ENDPOINT_URL": CONTROL_URL}, capture_output=True, text=True, timeout=2 * LIMIT_S)
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout.strip()


class Load:
    """Clients that ask without a pause while the body runs; every answer must be 200."""

    def __enter__(self):
        self.going, self.seen, self.wrong, self.count = True, set(), [], 0
        self.threads = [threading.Thread(target=self.ask) for _ in range(4)]
        for thread in self.threads:
            thread.start()
        return self

    def ask(self):
        peer = http.client.HTTPConnection(urllib.parse.urlsplit(ALB_URL).netloc, timeout=LIMIT_S)
        try:
            while self.going and not self.wrong:
                peer.request("GET", "/hello")
                answer = peer.getresponse()
                self.seen.add(answer.read().decode())
                self.count += 1
                if answer.status != 200:
                    self.wrong.append(answer.status)
        except Exception as error:  # of whatever kind: a client has seen it
            self.wrong.append(error)
        peer.close()

    def until(self, text):
        """Waits for an answer of that text, which is not one of before."""
        self.seen.discard(text)
        end = time.monotonic() + LIMIT_S
        while text not in self.seen and not self.wrong:
            assert time.monotonic() < end, f"no answer {text!r}"
            time.sleep(0.05)

    def until_over(self, text):
        """Waits for 200 answers in a row that are not that text."""
        end = time.monotonic() + LIMIT_S
        while text in self.seen and not self.wrong:
            assert time.monotonic() < end, f"still {text!r}"
            self.seen.clear()
            start = self.count
            while self.count < start + 200 and time.monotonic() < end and not self.wrong:
                time.sleep(0.05)

    def __exit__(self, *_):
        self.going = False
        for thread in self.threads:
            thread.join()
        assert not self.wrong, self.wrong


def ship_function(load):
    path = os.path.join(FOLDER, "new.zip")
    with open(path, "wb") as out:
        out.write(packages.function("of the new version"))
    aws("lambda", "update-function-code", *FUNCTION, "--zip-file", "fileb://" + path)
    aws("lambda", "wait", "function-updated-v2", *FUNCTION)
    version = aws("lambda", "publish-version", *FUNCTION, "--query", "Version")
    aws("lambda", "update-alias", *FUNCTION, "--name", "a", "--function-version", version)
    load.until("of the new version")
    return version


def ship_service():
    container = {"name": "server", "image": "file://" + SERVER}
    revision = aws("ecs", "register-task-definition", "--family", "duet-local", "--container-definitions",
                   json.dumps([container]), "--query", "taskDefinition.revision")
    aws("ecs", "update-service", *SERVICE, "--task-definition", "duet-local:" + revision)
    # The CLI's own waiter looks every 15 seconds.
    boto3.client("ecs", endpoint_url=CONTROL_URL).get_waiter("services_stable").wait(
        cluster="duet-local", services=["duet-local-a"], WaiterConfig=SOON)
    aws("ecs", "wait", "services-stable", *SERVICE[:2], "--services", "duet-local-a")
    return revision


def on_dashboard(*texts):
    """What listens to the dashboard hears all the texts."""
    with urllib.request.urlopen(CONTROL_URL + "/events", timeout=LIMIT_S) as stream:
        missing, end = set(texts), time.monotonic() + LIMIT_S
        while missing:
            assert time.monotonic() < end, missing
            line = stream.readline().decode()
            assert line, missing
            missing = {text for text in missing if text not in line}


def releases():
    """both homes are replaced under load without a failed request, and the dashboard shows it"""
    with Load() as load:
        version = ship_function(load)
        revision = ship_service()
        on_dashboard(f'"duet-local:{version}"', f'"duet-local:{revision}"',
                     f"lambda-a runs duet-local: 1 -> {version}", f"fargate-a runs duet-local: 1 -> {revision}")


def goes_back():
    """an alias that is set back brings the old version back, and no request fails"""
    with Load() as load:
        load.until("of the new version")
        aws("lambda", "update-alias", *FUNCTION, "--name", "a", "--function-version", "1")
        load.until_over("of the new version")


for claim in (releases, goes_back):
    check(claim)
claims.end()
