"""pack.py ZIP: a package of a function whose runtime is AWS's for Python, as a container image has it: the
client with what it needs, a handler, and a `bootstrap` that starts them with this Python."""

import importlib.util
import os
import stat
import sys
import zipfile

HANDLER = """
import sys


def answer(event, context):
    print("handled by", context.function_name, context.function_version)
    if event["path"] == "/raise":
        raise ValueError("as asked")
    return {"statusCode": 201, "multiValueHeaders": {"x-python": [sys.version.split()[0]]},
            "body": event["httpMethod"] + " " + event["path"] + " " + event["body"]}
"""
BOOTSTRAP = f"""#!/bin/sh
export PYTHONPATH="$LAMBDA_TASK_ROOT"
exec {os.path.realpath(sys.executable)} -m awslambdaric "$_HANDLER"
"""
MODULES = ("awslambdaric", "simplejson", "snapshot_restore_py", "runtime_client")


def add(archive, name, content, mode=0o644):
    info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
    info.external_attr = (stat.S_IFREG | mode) << 16
    archive.writestr(info, content)


def add_file(archive, path, base):
    with open(path, "rb") as file:
        add(archive, os.path.relpath(path, base), file.read())


with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as out:
    add(out, "bootstrap", BOOTSTRAP, 0o755)
    add(out, "app.py", HANDLER)
    for module in MODULES:
        spec = importlib.util.find_spec(module)
        if not spec.submodule_search_locations:
            add_file(out, spec.origin, os.path.dirname(spec.origin))
            continue
        folder = spec.submodule_search_locations[0]
        for place, _, names in os.walk(folder):
            for name in names:
                if "__pycache__" not in place:
                    add_file(out, os.path.join(place, name), os.path.dirname(folder))
