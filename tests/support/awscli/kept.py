"""kept.py make|look CONTROL_URL FILE: what a rig with --state knows, before it is killed and after it is started again.

make: ships functions, and writes what the rig says of them to FILE. look: the rig says the same, runs what was
shipped, and its numbers go on. Prints "ok NAME" or "not ok NAME" for each claim. Exit status: 0 all held, 1 not.
"""

import json
import sys

import claims  # first: it sets what boto3 reads
import boto3
import packages
from claims import check

WHAT, CONTROL_URL, FILE = sys.argv[1:4]
api = boto3.client("lambda", endpoint_url=CONTROL_URL)
ssm = boto3.client("ssm", endpoint_url=CONTROL_URL)
ROLE = "arn:aws:iam::000000000000:role/r"
OF_THE_RUN = ("ResponseMetadata", "Location")  # where a package is unpacked


def plain(answer):
    """What of an answer is the same however often, and by whom, it is asked for."""
    if isinstance(answer, dict):
        return {name: plain(value) for name, value in answer.items() if name not in OF_THE_RUN}
    return [plain(value) for value in answer] if isinstance(answer, list) else answer


def functions():
    """All that the rig says of its functions."""
    said = {}
    for function in api.list_functions()["Functions"]:
        name = function["FunctionName"]
        said[name] = {
            "function": api.get_function(FunctionName=name),
            "versions": api.list_versions_by_function(FunctionName=name),
            "aliases": api.list_aliases(FunctionName=name),
            "concurrency": api.get_function_concurrency(FunctionName=name),
        }
        for alias in said[name]["aliases"]["Aliases"]:
            said[name][alias["Name"]] = api.get_policy(FunctionName=name, Qualifier=alias["Name"])["Policy"]
    return plain(said)


def world():
    return {"functions": functions()}


def mark(name):
    return json.loads(api.invoke(FunctionName=name, Payload=b"{}")["Payload"].read())["mark"]


def ships():
    """functions are shipped with versions, an alias, a policy, settings and concurrency"""
    api.create_function(FunctionName="kept", Role=ROLE, Runtime="provided.al2023", Handler="h", Publish=True,
                        Code={"ZipFile": packages.function("one")}, Timeout=60,
                        Environment={"Variables": {"COLOR": "rot \"1\" ä"}})
    api.update_function_code(FunctionName="kept", ZipFile=packages.function("two"), Publish=True)
    api.update_function_configuration(FunctionName="kept", MemorySize=256, Description="third",
                                      LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "WARN"})
    api.publish_version(FunctionName="kept")
    api.update_function_code(FunctionName="kept", ZipFile=packages.function("one"))
    api.create_alias(FunctionName="kept", Name="live", FunctionVersion="2", Description="d",
                     RoutingConfig={"AdditionalVersionWeights": {"3": 0.1}})
    api.add_permission(FunctionName="kept", Qualifier="live", StatementId="s", Action="lambda:InvokeFunction",
                       Principal="elasticloadbalancing.amazonaws.com", SourceArn="arn:aws:x:::y")
    api.put_function_concurrency(FunctionName="kept", ReservedConcurrentExecutions=7)
    api.put_provisioned_concurrency_config(FunctionName="kept", Qualifier="1", ProvisionedConcurrentExecutions=1)
    api.create_function(FunctionName="gone", Role=ROLE, Runtime="provided.al2023", Handler="h",
                        Code={"ZipFile": packages.function("gone")})
    api.delete_function(FunctionName="gone")


def updates():
    """the rig's own function gets new code, and one of its slots that"""
    api.update_function_code(FunctionName="duet-local", ZipFile=packages.function("new"), Publish=True)
    api.update_alias(FunctionName="duet-local", Name="b", FunctionVersion="2")
    api.update_function_configuration(FunctionName="duet-local", Timeout=77)
    ssm.put_parameter(Name="/duet/kept", Value="v", Type="SecureString")


def notes():
    """what the rig says is written down"""
    with open(FILE, "w", encoding="utf-8") as out:
        json.dump(world(), out)


def says_the_same():
    """after SIGKILL and a restart all is there: versions, aliases, policies, settings, concurrency"""
    with open(FILE, encoding="utf-8") as file:
        before = json.load(file)
    now = json.loads(json.dumps(world()))
    for kind in before:
        for name in before[kind]:
            assert now[kind].get(name) == before[kind][name], (before[kind][name], now[kind].get(name))
        assert set(now[kind]) == set(before[kind]), set(now[kind]) ^ set(before[kind])


def runs():
    """each version runs its own package, a slot what it was given, and there are no others"""
    assert [mark("kept:1"), mark("kept:2"), mark("kept:3"), mark("kept")] == ["one", "two", "two", "one"]
    assert mark("duet-local:b") == "new"
    asked = api.get_provisioned_concurrency_config(FunctionName="kept", Qualifier="1")
    assert asked["RequestedProvisionedConcurrentExecutions"] == 1, asked


def goes_on():
    """numbers of versions go on; parameters are there"""
    assert api.publish_version(FunctionName="kept", Description="x")["Version"] == "4"
    assert api.publish_version(FunctionName="duet-local", Description="x")["Version"] == "3"
    assert ssm.get_parameter(Name="/duet/kept", WithDecryption=True)["Parameter"]["Value"] == "v"


MAKE = (ships, updates, notes)
LOOK = (says_the_same, runs, goes_on)
for each in MAKE if WHAT == "make" else LOOK:
    check(each)
claims.end()
