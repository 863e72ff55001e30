"""ssm.py CONTROL_URL put|get: Parameter Store and STS of a running `duet local`.

`put` leaves parameters that `get`, on a rig that was started again with the same state, finds. Prints
"ok NAME" or "not ok NAME" for each claim, with what went wrong before it. Exit status: 0 all held, 1 not.
"""

import os
import subprocess
import sys

import claims  # first: it sets what boto3 reads
import boto3
from claims import check

CONTROL_URL, PART = sys.argv[1:3]
ssm = boto3.client("ssm", endpoint_url=CONTROL_URL)


def aws(*arguments):
    """The AWS CLI's output."""
    done = subprocess.run(
        [os.path.join(os.path.dirname(sys.executable), "aws"), "--output", "text", *arguments],
        env={**os.environ, "AWS_ENDPOINT_URL": CONTROL_URL}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def puts_versions():
    """boto3 puts, overwrites and reads versions"""
    assert ssm.put_parameter(Name="/duet/lock", Value="one", Type="String")["Version"] == 1
    try:
        ssm.put_parameter(Name="/duet/lock", Value="two", Type="String")
        raise AssertionError("put twice")
    except ssm.exceptions.ParameterAlreadyExists:
        pass
    assert ssm.put_parameter(Name="/duet/lock", Value="two", Overwrite=True)["Version"] == 2
    assert ssm.get_parameter(Name="/duet/lock:1")["Parameter"]["Value"] == "one"
    assert ssm.get_parameter(Name="/duet/lock")["Parameter"]["Version"] == 2
    try:
        ssm.get_parameter(Name="/duet/none")
        raise AssertionError("it is there")
    except ssm.exceptions.ParameterNotFound:
        pass


def pages_by_path():
    """boto3's paginator walks a path and a history"""
    for i in range(12):
        ssm.put_parameter(Name=f"/many/{i}", Value=str(i), Type="String")
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path="/many")
    assert sorted(int(each["Value"]) for page in pages for each in page["Parameters"]) == list(range(12))
    history = ssm.get_paginator("get_parameter_history").paginate(Name="/duet/lock").build_full_result()
    assert [each["Value"] for each in history["Parameters"]] == ["one", "two"]
    assert len(ssm.delete_parameters(Names=[f"/many/{i}" for i in range(10)])["DeletedParameters"]) == 10


def cli_puts():
    """the AWS CLI puts a secret and reads it"""
    aws("ssm", "put-parameter", "--name", "/duet/key", "--type", "SecureString", "--value", "hush")
    query = ("--query", "Parameter.Value")
    assert aws("ssm", "get-parameter", "--name", "/duet/key", "--with-decryption", *query) == "hush"
    assert aws("ssm", "get-parameter", "--name", "/duet/key", *query) != "hush"


def says_who():
    """STS says who asks, by boto3 and the AWS CLI"""
    assert boto3.client("sts", endpoint_url=CONTROL_URL).get_caller_identity()["Account"] == "000000000000"
    assert aws("sts", "get-caller-identity", "--query", "Arn") == "arn:aws:iam::000000000000:user/duet-local"


def finds_them():
    """parameters survive a restart of the rig"""
    assert ssm.get_parameter(Name="/duet/lock:1")["Parameter"]["Value"] == "one"
    assert ssm.put_parameter(Name="/duet/lock", Value="three", Overwrite=True)["Version"] == 3
    assert ssm.get_parameter(Name="/duet/key", WithDecryption=True)["Parameter"]["Value"] == "hush"


for claim in (finds_them,) if PART == "get" else (puts_versions, pages_by_path, cli_puts, says_who):
    check(claim)
claims.end()
