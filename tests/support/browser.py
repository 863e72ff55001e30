"""browser.py: a headless Chromium, driven by the DevTools protocol over a pipe, for tests of pages.

Use: with Browser("/usr/bin/chromium") as browser: page = browser.open(url); page.wait("...").
Everything that a page writes to its console as an error, each exception that nobody caught and each
violation of its content security policy is kept in page.errors.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

LIMIT_S = 120


class Page:
    """A tab."""

    def __init__(self, browser, session):
        self.browser = browser
        self.session = session
        self.errors = []

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def evaluate(self, expression):
        """The value of a JavaScript expression, awaited where it is a promise."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise AssertionError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait(self, expression, meanwhile=None):
        """Waits until the expression is true, and fails when the time is over. meanwhile: what to do
        again and again until then."""
        end = time.monotonic() + LIMIT_S
        while not self.evaluate(f"Boolean({expression})"):
            if time.monotonic() > end:
                raise AssertionError(f"did not come true: {expression}")
            if meanwhile:
                meanwhile()
            self.browser.pump(0.1)

    def go(self, url):
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'")

    def scheme(self, name, motion="no-preference"):
        """name: "light" or "dark"."""
        features = [{"name": "prefers-color-scheme", "value": name}, {"name": "prefers-reduced-motion", "value": motion}]
        self.call("Emulation.setEmulatedMedia", features=features)

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def picture(self, path, whole=True):
        """Writes a PNG of the page, or of what is seen of it."""
        answer = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        with open(path, "wb") as file:
            file.write(base64.b64decode(answer["data"]))

    def on_event(self, method, params):
        if method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "assert"):
            self.errors.append(" ".join(str(arg.get("value", arg.get("description"))) for arg in params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(params["entry"]["text"] + " " + params["entry"].get("url", ""))


class Browser:
    """The process, and what it says. Its profile is a folder that goes with it."""

    def __init__(self, program):
        self.profile = tempfile.mkdtemp()
        to_read, self.to = os.pipe()
        self.out, out_write = os.pipe()
        command = [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                   "--no-first-run", "--remote-debugging-pipe", f"--user-data-dir={self.profile}",
                   # All tabs are looked at: none may be put behind the others, and behind what this machine does.
                   "--disable-renderer-backgrounding", "--disable-background-timer-throttling",
                   "--disable-backgrounding-occluded-windows", "about:blank"]
        # The pipes have to be descriptors 3 and 4.
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{to_read} 4>&{out_write}', "browser", *command],
            pass_fds=(to_read, out_write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        os.close(to_read)
        os.close(out_write)
        self.left = b""
        self.count = 0
        self.answers = {}
        self.pages = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.to)
        os.close(self.out)
        shutil.rmtree(self.profile, ignore_errors=True)

    def pump(self, seconds):
        """Takes what the browser says within that time."""
        if not select.select([self.out], [], [], seconds)[0]:
            return
        data = os.read(self.out, 1 << 20)
        if not data:
            raise AssertionError("the browser has ended")
        *whole, self.left = (self.left + data).split(b"\0")
        for text in whole:
            self.take(json.loads(text))

    def take(self, message):
        if "id" in message:
            self.answers[message["id"]] = message
        elif message.get("sessionId") in self.pages:
            self.pages[message["sessionId"]].on_event(message["method"], message["params"])

    def call(self, method, session=None, **params):
        self.count += 1
        message = {"id": self.count, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + LIMIT_S
        while self.count not in self.answers:
            if time.monotonic() > end:
                raise AssertionError(f"no answer to {method}")
            self.pump(1)
        answer = self.answers.pop(self.count)
        if "error" in answer:
            raise AssertionError(f"{method}: {answer['error']}")
        return answer["result"]

    def open(self, url):
        """A new tab, whose errors are kept from its first byte on."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self.pages[session] = Page(self, session)
        for domain in ("Page", "Runtime", "Log"):
            page.call(domain + ".enable")
        page.go(url)
        return page
