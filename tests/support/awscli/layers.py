"""layers.py make|look CONTROL_URL FOLDER: layers and their extensions, before and after the rig is killed.

make: publishes layers and ships a function with them. look, of the rig that was started again: all is as it was.
FOLDER is a place for files, with the rig's log in it. Prints "ok NAME" or "not ok NAME" for each claim. Exit
status: 0 all held, 1 not.
"""

import base64
import hashlib
import json
import os
import subprocess
import sys
import time

import claims  # first: it sets what boto3 reads
import boto3
import packages
from botocore.config import Config
from claims import check, refused

WHAT, CONTROL_URL, FOLDER = sys.argv[1:4]
CALM = Config(retries={"total_max_attempts": 1}, read_timeout=120, parameter_validation=False)
api = boto3.client("lambda", endpoint_url=CONTROL_URL, config=CALM)
CRASH = os.path.join(FOLDER, "crash")  # there: the extension ends at the next event
ARN = "arn:aws:lambda:us-east-1:000000000000:layer:"
# Says what /opt holds and each event that it hears.
EXTENSION = f"""#!{sys.executable} -I
import http.client, json, os, sys
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
base = "/2020-01-01/extension/"
def say(*words):
    print("teller:", *words, flush=True)
api.request("POST", base + "register", json.dumps({{"events": ["INVOKE", "SHUTDOWN"]}}),
            {{"Lambda-Extension-Name": os.path.basename(sys.argv[0])}})
answer = api.getresponse()
answer.read()
head = {{"Lambda-Extension-Identifier": answer.headers["Lambda-Extension-Identifier"]}}
for name in ("mine", "shared"):
    with open(os.path.join(os.environ.get("LAMBDA_OPT_DIR", "/opt"), name)) as file:
        say(name, "is", file.read())
while True:
    api.request("GET", base + "event/next", headers=head)
    event = json.loads(api.getresponse().read())
    say(os.environ["AWS_LAMBDA_FUNCTION_NAME"], event["eventType"], event.get("shutdownReason"))
    if event["eventType"] == "SHUTDOWN":
        break
    if os.path.exists({CRASH!r}):
        sys.exit(3)
"""


def tools(mine):
    return packages.package(("extensions/teller", EXTENSION), ("mine", mine), ("shared", "of tools"))


def logged(words, times=1):
    """Waits until the rig's log has them so often."""
    end = time.monotonic() + 120
    while True:
        with open(os.path.join(FOLDER, "rig.log"), errors="replace") as log:
            text = log.read()
        if text.count(words) >= times:
            return
        assert time.monotonic() < end, text
        time.sleep(0.05)


def heard(words, times=1):
    """Waits until the extension has said them so often."""
    logged("teller: " + words, times)


def create(name, **more):
    return api.create_function(FunctionName=name, Role="arn:aws:iam::000000000000:role/r", Runtime="provided.al2023",
                               Handler="h", Code={"ZipFile": packages.function(name)}, Timeout=60, **more)


def invoke(name):
    answer = api.invoke(FunctionName=name, Payload="{}")
    return answer.get("FunctionError"), json.loads(answer["Payload"].read())


def names(layers):
    return [(layer["LayerName"], layer["LatestMatchingVersion"]["Version"]) for layer in layers["Layers"]]


def publishes():
    """a layer is published, with its hash, by numbers of its own"""
    zips = [tools("one"), tools("two"), packages.package(("shared", "of other"))]
    for number, name in ((1, "tools"), (2, "tools"), (1, "other")):
        content = zips.pop(0)
        said = api.publish_layer_version(LayerName=name, Description="d", LicenseInfo="MIT", Content={"ZipFile": content})
        assert said["LayerVersionArn"] == f"{ARN}{name}:{number}", said
        assert (said["Version"], said["LayerArn"], said["LicenseInfo"]) == (number, ARN + name, "MIT"), said
        assert said["Content"]["CodeSha256"] == base64.b64encode(hashlib.sha256(content).digest()).decode(), said
        assert said["Content"]["CodeSize"] == len(content), said


def publishes_by_cli():
    """the AWS CLI publishes one and reads it"""
    path = os.path.join(FOLDER, "layer.zip")
    with open(path, "wb") as file:
        file.write(packages.package(("file", "x", 0o100644)))
    cli = [os.path.join(os.path.dirname(sys.executable), "aws"), "--endpoint-url", CONTROL_URL, "lambda"]
    for command in (["publish-layer-version", "--zip-file", "fileb://" + path],
                    ["get-layer-version", "--version-number", "1"]):
        said = subprocess.run([*cli, *command, "--layer-name", "plain"], check=True, capture_output=True, text=True,
                              timeout=120).stdout
        assert json.loads(said)["LayerVersionArn"] == ARN + "plain:1", said


def lists():
    """layers and their versions are listed"""
    assert names(api.list_layers()) == [("other", 1), ("plain", 1), ("tools", 2)], api.list_layers()
    page = api.list_layers(MaxItems=2)
    assert len(page["Layers"]) == 2 and names(api.list_layers(Marker=page["NextMarker"])) == [("tools", 2)], page
    versions = api.list_layer_versions(LayerName="tools")["LayerVersions"]
    assert [version["Version"] for version in versions] == [2, 1], versions
    assert api.list_layer_versions(LayerName="none")["LayerVersions"] == []
    said = api.get_layer_version_by_arn(Arn=ARN + "tools:2")
    assert said["Version"] == 2 and said["Description"] == "d", said


def refuses():
    """what is no layer, or not there, is refused"""
    wrong = "InvalidParameterValueException"
    refused(wrong, "140", api.publish_layer_version, LayerName="a b", Content={"ZipFile": tools("x")})
    refused(wrong, "Could not unzip", api.publish_layer_version, LayerName="bad", Content={"ZipFile": b"x"})
    refused(wrong, "ZipFile", api.publish_layer_version, LayerName="bad", Content={})
    refused(wrong, "--forward", api.publish_layer_version, LayerName="bad", Content={"S3Bucket": "b", "S3Key": "k"})
    refused("ResourceNotFoundException", "", api.get_layer_version, LayerName="tools", VersionNumber=9)
    refused("ResourceNotFoundException", "", api.get_layer_version, LayerName="bad", VersionNumber=1)
    refused(wrong, "tools:9 does not exist", create, name="f", Layers=[ARN + "tools:9"])
    refused(wrong, "Two different versions", create, name="f", Layers=[ARN + "tools:1", ARN + "tools:2"])
    refused(wrong, "5", create, name="f", Layers=[ARN + "tools:1"] * 6)


def runs():
    """a function has what its layers hold, the later before the earlier, and the extension hears of its calls"""
    said = create("layered", Layers=[ARN + "tools:2", ARN + "other:1"])
    assert [layer["Arn"] for layer in said["Layers"]] == [ARN + "tools:2", ARN + "other:1"], said
    assert all(layer["CodeSize"] > 0 for layer in said["Layers"]), said
    assert invoke("layered") == (None, {"event": {}, "mark": "layered"})
    heard("mine is two")
    heard("shared is of other")
    heard("layered INVOKE")


def crashes():
    """an extension that ends fails the call, and the next call has another"""
    with open(CRASH, "w"):
        pass
    said, error = invoke("layered")
    logged("the extension teller has ended: exit status 3")
    os.remove(CRASH)
    if said:  # the runtime may have answered before the extension ended
        assert error["errorType"] == "Extension.Crash" and "exit status 3" in error["errorMessage"], error
    assert invoke("layered")[0] is None
    heard("mine is two", 2)


def changes():
    """other layers make other sandboxes"""
    create("changing", Layers=[ARN + "tools:1"])
    assert invoke("changing")[0] is None
    heard("changing INVOKE")
    said = api.update_function_configuration(FunctionName="changing", Layers=[])
    assert "Layers" not in said, said
    assert invoke("changing")[0] is None


def deletes():
    """a deleted version is found by nobody, and stays for the function that has it"""
    api.delete_layer_version(LayerName="tools", VersionNumber=2)
    api.delete_layer_version(LayerName="tools", VersionNumber=9)
    refused("ResourceNotFoundException", "", api.get_layer_version, LayerName="tools", VersionNumber=2)
    refused("InvalidParameterValueException", "does not exist", create, name="f", Layers=[ARN + "tools:2"])
    assert names(api.list_layers())[-1] == ("tools", 1), api.list_layers()
    assert api.publish_version(FunctionName="layered")["Layers"][0]["Arn"] == ARN + "tools:2"
    assert invoke("layered:1")[0] is None


def stays():
    """a rig that is started again has the layers, and their numbers go on"""
    assert names(api.list_layers()) == [("other", 1), ("plain", 1), ("tools", 1)], api.list_layers()
    assert api.get_function_configuration(FunctionName="layered")["Layers"][0]["Arn"] == ARN + "tools:2"
    assert invoke("layered")[0] is None
    heard("mine is two")
    said = api.publish_layer_version(LayerName="tools", Content={"ZipFile": tools("three")})
    assert said["Version"] == 3, said


for each in (publishes, publishes_by_cli, lists, refuses, runs, crashes, changes, deletes) if WHAT == "make" else (stays,):
    check(each)
claims.end()
