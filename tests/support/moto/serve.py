"""moto on a free port of 127.0.0.1: prints "listening on PORT", and serves until it is stopped, or the
process that started it is gone.

With CERT and KEY, two PEM files, over TLS. INITIAL_NO_AUTH_ACTION_COUNT is moto's own: after so many
calls it checks signatures (by botocore's code) and permissions.
"""

import os
import sys
import threading
import time

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server


class Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept


def end_with(parent):
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()

# What a service needs is imported now, not while its first caller waits.
for service in ("iam", "sts", "dynamodb", "ecs", "ssm", "elbv2", "cloudwatch", "lambda"):
    create_backend_app(service)

cert = os.environ.get("CERT")
server = make_server(
    "127.0.0.1",
    0,
    DomainDispatcherApplication(create_backend_app),
    threaded=True,
    request_handler=Handler,
    ssl_context=(cert, os.environ["KEY"]) if cert else None,
)
sys.stdout.write(f"listening on {server.server_port}\n")  # whole, in one write
sys.stdout.flush()
server.serve_forever()
