"""claims.py: what the programs share that drive a running `duet local` by AWS's clients.

Importing it gives the environment credentials that are none of anybody's, and takes away what would
lead a client elsewhere.
"""

import os
import shutil
import sys
import traceback

os.environ.update(
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_CONFIG_FILE="/dev/null",
    AWS_SHARED_CREDENTIALS_FILE="/dev/null",
    AWS_EC2_METADATA_DISABLED="true",
    AWS_PAGER="",
)
for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
    os.environ.pop(name, None)
failures = 0
# Debian's own, where it is there, before one that was installed beside it.
SYSTEM_CLI = "/usr/bin/aws" if os.access("/usr/bin/aws", os.X_OK) else shutil.which("aws")


def check(claim, *arguments):
    """Runs a claim, whose docstring is its name."""
    global failures
    name = " ".join([claim.__doc__, *map(str, arguments[:1])])
    try:
        claim(*arguments)
        print("ok", name)
    except Exception:  # whatever it was is shown, and the others are still looked at
        traceback.print_exc(file=sys.stdout)
        print("not ok", name)
        failures += 1


def refused(code, words, call, **parameters):
    """The call fails with the error `code`, whose message has `words`. The error."""
    from botocore.exceptions import ClientError  # not at the top: the environment is set first

    try:
        call(**parameters)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        assert words in error.response["Error"]["Message"], error
        return error
    raise AssertionError(f"not refused: {parameters}")


def check_system_cli(claim):
    """Passes over a claim about this system's AWS CLI where there is none; where CI is to have it, it fails."""
    if SYSTEM_CLI or os.environ.get("CI") == "true":
        check(claim)
    else:
        print("skip", claim.__doc__ + ": aws is not installed")


def end():
    """Ends the program: with 1 when a claim did not hold."""
    sys.exit(1 if failures else 0)
