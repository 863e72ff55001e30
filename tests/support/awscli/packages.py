"""packages.py: packages of functions, as zips in memory.

RUNTIME is a small runtime in Python that answers by what its event asks for, and says which package
it came in (the file `mark`).
"""

import io
import stat
import sys
import warnings
import zipfile

RUNTIME = f"""#!{sys.executable} -I
import http.client, json, os, time
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
base = "/2018-06-01/runtime/invocation/"
mark = open(os.path.join(os.environ["LAMBDA_TASK_ROOT"], "mark")).read()

def parts(file):
    yield b"one "
    while not os.path.exists(file):
        time.sleep(0.01)
    yield b"two"

while True:
    api.request("GET", base + "next")
    head = api.getresponse()
    event = json.loads(head.read())
    asked = event.get("do", "") if isinstance(event, dict) else ""
    name, answer = "response", {{"event": event, "mark": mark}}
    if isinstance(event, dict) and "requestContext" in event:
        answer = {{"statusCode": 200, "body": mark}}
        asked = event["path"][1:]
    if asked == "say":
        answer = {{"env": dict(os.environ), "context": head.headers.get("Lambda-Runtime-Client-Context"),
                  "arn": head.headers.get("Lambda-Runtime-Invoked-Function-Arn")}}
    elif asked == "fail":
        if "file" in event:
            with open(event["file"], "a") as out:
                out.write("x")
        name, answer = "error", {{"errorMessage": "as asked", "errorType": "Asked"}}
    elif asked == "exit":
        os._exit(3)
    elif asked == "print":
        print("a line of the function", flush=True)
    path = base + head.headers["Lambda-Runtime-Aws-Request-Id"] + "/" + name
    if asked == "stream":
        api.request("POST", path, parts(event["file"]), encode_chunked=True, headers={{
            "Lambda-Runtime-Function-Response-Mode": "streaming", "Transfer-Encoding": "chunked"}})
    else:
        kind = {{"Lambda-Runtime-Function-Error-Type": "Function.Asked"}} if name == "error" else {{}}
        api.request("POST", path, json.dumps(answer), kind)
    api.getresponse().read()
"""


def entry(name, mode):
    info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
    info.external_attr = mode << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def package(*files):
    """A zip of (name, content) or (name, content, mode)."""
    out = io.BytesIO()
    warnings.simplefilter("ignore")  # a name that is there twice is meant so
    with zipfile.ZipFile(out, "w") as archive:
        for name, content, *mode in files:
            archive.writestr(entry(name, mode[0] if mode else stat.S_IFREG | 0o755), content)
    return out.getvalue()


def function(mark, *more):
    """The runtime above, which says `mark`."""
    return package(("bootstrap", RUNTIME), ("mark", mark), *more)


def elf(machine):
    """The first bytes of a program for `machine`, by its ELF number."""
    return b"\x7fELF\x02\x01\x01" + bytes(9) + (2).to_bytes(2, "little") + machine.to_bytes(2, "little") + bytes(64)


def bomb(declared, real):
    """A zip whose file says that it has `declared` bytes and has `real` ones."""
    whole = package(("bootstrap", "#!/bin/sh\n"), ("big", bytes(real)))
    return whole.replace(real.to_bytes(4, "little"), declared.to_bytes(4, "little"))


def encrypted(name):
    """A zip that says its file `name` is encrypted."""
    whole = bytearray(function("x"))
    place = whole.rfind(name.encode())  # in the list at the end, 46 bytes behind where its entry begins
    whole[place - 46 + 8] |= 1
    return bytes(whole)
