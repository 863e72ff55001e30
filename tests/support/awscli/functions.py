"""functions.py CONTROL_URL FOLDER: Lambda's API of a running `duet local`, by boto3.

Prints "ok NAME" or "not ok NAME" for each claim, with what went wrong before it. Exit status: 0 all
held, 1 not. FOLDER is a place for files.
"""

import base64
import hashlib
import json
import os
import platform
import subprocess
import sys
import time

import claims  # first: it sets what boto3 reads
import boto3
import packages
from botocore.config import Config
from claims import check, refused

CONTROL_URL, FOLDER = sys.argv[1:3]
SOON = {"Delay": 1, "MaxAttempts": 120}  # of waiters: a loaded machine is slow
ROLE = "arn:aws:iam::000000000000:role/r"
# No second tries, and no checks of botocore's own before a call.
CALM = Config(retries={"total_max_attempts": 1}, read_timeout=120, parameter_validation=False)
api = boto3.client("lambda", endpoint_url=CONTROL_URL, config=CALM)
elb = boto3.client("elbv2", endpoint_url=CONTROL_URL)
OTHER_MACHINE = 183 if platform.machine() == "x86_64" else 62


def until(claim):
    """Waits for what another process does."""
    end = time.monotonic() + 120
    while not claim():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.05)


def create(name, zip_file=None, **more):
    return api.create_function(FunctionName=name, Role=ROLE, Runtime="provided.al2023", Handler="h.handler",
                               Code={"ZipFile": zip_file or packages.function(name)}, Timeout=60, **more)


def invoke(name, event, **more):
    answer = api.invoke(FunctionName=name, Payload=json.dumps(event), **more)
    return answer, json.loads(answer["Payload"].read() or "null")


def stands():
    """the function of terraform/ is there: version 1, an alias and a target for each slot, who may call"""
    here = api.get_function(FunctionName="duet-local")["Configuration"]
    assert (here["State"], here["Version"], here["Runtime"]) == ("Active", "$LATEST", "provided.al2023"), here
    aliases = api.list_aliases(FunctionName="duet-local")["Aliases"]
    assert [(alias["Name"], alias["FunctionVersion"]) for alias in aliases] == [("a", "1"), ("b", "1")], aliases
    for alias in aliases:
        groups = elb.describe_target_groups(Names=["lambda-" + alias["Name"]])["TargetGroups"]
        arn = groups[0]["TargetGroupArn"]
        health = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        assert [target["Target"]["Id"] for target in health] == [alias["AliasArn"]], health
        policy = json.loads(api.get_policy(FunctionName="duet-local", Qualifier=alias["Name"])["Policy"])
        assert policy["Statement"][0]["Condition"]["ArnLike"] == {"AWS:SourceArn": arn}, policy
    assert len(api.list_versions_by_function(FunctionName="duet-local")["Versions"]) == 2


def lives():
    """a function is created, waited for, called, listed and deleted"""
    zip_file = packages.function("first")
    made = create("life", zip_file, Publish=True, Environment={"Variables": {"COLOR": "red"}})
    sha256 = base64.b64encode(hashlib.sha256(zip_file).digest()).decode()
    assert (made["CodeSha256"], made["CodeSize"], made["Version"]) == (sha256, len(zip_file), "1"), made
    api.get_waiter("function_active_v2").wait(FunctionName="life", WaiterConfig=SOON)
    api.get_waiter("published_version_active").wait(FunctionName="life", Qualifier="1", WaiterConfig=SOON)
    answer, said = invoke("life", {"do": "say"}, Qualifier="1")
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "1"), answer
    assert (said["env"]["COLOR"], said["env"]["AWS_LAMBDA_FUNCTION_VERSION"]) == ("red", "1"), said
    assert said["env"]["_HANDLER"] == "h.handler" and said["arn"].endswith(":life:1"), said
    assert "life" in [one["FunctionName"] for one in api.list_functions()["Functions"]]
    assert api.list_tags(Resource=made["FunctionArn"])["Tags"] == {}
    refused("ResourceConflictException", "already exist: life", create, name="life")
    api.delete_function(FunctionName="life", Qualifier="1")
    refused("ResourceNotFoundException", "life:1", api.invoke, FunctionName="life", Qualifier="1")
    api.delete_function(FunctionName="life")
    refused("ResourceNotFoundException", "function:life", api.get_function, FunctionName="life")


def tags():
    """tags are set with a function or later, shown, and taken away; a function has 50 at most"""
    arn = create("tagged", Tags={"a": "1", "b": "ä \"2\""})["FunctionArn"]
    api.tag_resource(Resource=arn, Tags={"b": "3", "c": "", "d": "4"})
    assert api.get_function(FunctionName="tagged")["Tags"] == {"a": "1", "b": "3", "c": "", "d": "4"}
    api.untag_resource(Resource=arn, TagKeys=["a", "d", "none"])
    api.untag_resource(Resource=arn, TagKeys=["c"])
    assert api.list_tags(Resource=arn)["Tags"] == {"b": "3"}
    refused("InvalidParameterValueException", "over 50 tags", api.tag_resource, Resource=arn,
            Tags={str(i): "" for i in range(50)})
    refused("InvalidParameterValueException", "at most 50 tags", api.tag_resource, Resource=arn, Tags={"x" * 513: ""})
    refused("InvalidParameterValueException", "at most 50 tags", create, name="none", Tags={"x": 1})
    refused("ResourceNotFoundException", "none", api.tag_resource, Resource=arn + "none", Tags={"x": "1"})
    api.delete_function(FunctionName="tagged")


def calls():
    """invoke: result, errors, the log's tail, client context, dry runs, limits"""
    create("call")
    answer, said = invoke("call", {"do": "print"}, LogType="Tail")
    assert said == {"event": {"do": "print"}, "mark": "call"}, said
    log = base64.b64decode(answer["LogResult"]).decode()
    for words in ("START RequestId: ", "a line of the function", "REPORT RequestId: "):
        assert words in log, (words, log)
    answer, said = invoke("call", {"do": "fail"})
    assert answer["FunctionError"] == "Unhandled" and said["errorType"] == "Asked", (answer, said)
    answer, said = invoke("call", {"do": "exit"})
    assert said["errorType"] == "Runtime.ExitError", said
    context = base64.b64encode(b'{"custom": 1}').decode()
    _, said = invoke(api.get_function(FunctionName="call")["Configuration"]["FunctionArn"], {"do": "say"},
                     ClientContext=context)
    assert json.loads(said["context"]) == {"custom": 1}, said
    assert api.invoke(FunctionName="call", InvocationType="DryRun")["StatusCode"] == 204
    assert invoke("call:$LATEST", [1, "ä"])[1]["event"] == [1, "ä"]
    refused("InvalidRequestContentException", "into json", api.invoke, FunctionName="call", Payload=b"{oops")
    refused("InvalidRequestContentException", "context", api.invoke, FunctionName="call", ClientContext="%%%")
    refused("RequestTooLargeException", "6291457 byte", api.invoke, FunctionName="call",
            Payload=b'"' + bytes(6291455).replace(b"\0", b"x") + b'"')
    refused("RequestTooLargeException", "1048577 byte", api.invoke, FunctionName="call", InvocationType="Event",
            Payload=b'"' + bytes(1048575).replace(b"\0", b"x") + b'"')
    large = "y" * (5 << 20)
    assert invoke("call", large)[1]["event"] == large
    refused("ResourceNotFoundException", "call:none", api.invoke, FunctionName="call", Qualifier="none")
    refused("InvalidParameterValueException", "derived qualifier", api.invoke, FunctionName="call:1", Qualifier="2")
    refused("ResourceNotFoundException", "function:nobody", api.invoke, FunctionName="nobody")


def logs_json():
    """LogFormat JSON: the platform's lines and the runtime's settings are of that form, by level"""
    made = create("json", LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "WARN"})
    assert made["LoggingConfig"] == {"LogFormat": "JSON", "ApplicationLogLevel": "WARN", "SystemLogLevel": "INFO",
                                     "LogGroup": "/aws/lambda/json"}, made
    answer, said = invoke("json", {"do": "say"}, LogType="Tail")
    assert (said["env"]["AWS_LAMBDA_LOG_FORMAT"], said["env"]["AWS_LAMBDA_LOG_LEVEL"]) == ("JSON", "WARN"), said
    lines = [json.loads(line) for line in base64.b64decode(answer["LogResult"]).decode().splitlines()]
    assert [line["type"] for line in lines] == ["platform.start", "platform.report"], lines
    record = lines[1]["record"]
    assert record["status"] == "success" and record["metrics"]["memorySizeMB"] == 128, lines
    assert record["metrics"]["initDurationMs"] > 0 and record["requestId"] == lines[0]["record"]["requestId"], lines
    api.update_function_configuration(FunctionName="json", LoggingConfig={"SystemLogLevel": "WARN"})
    assert not invoke("json", {}, LogType="Tail")[0].get("LogResult")
    lines = base64.b64decode(invoke("json", {"do": "exit"}, LogType="Tail")[0]["LogResult"]).decode().splitlines()
    last = json.loads(lines[-1])["record"]
    assert (last["status"], last["errorType"]) == ("error", "Runtime.ExitError"), lines
    refused("InvalidParameterValueException", "JSON alone", api.update_function_configuration, FunctionName="json",
            LoggingConfig={"LogFormat": "Text", "SystemLogLevel": "INFO"})
    api.update_function_configuration(FunctionName="json", LoggingConfig={"LogFormat": "Text"})
    assert "REPORT" in base64.b64decode(invoke("json", {}, LogType="Tail")[0]["LogResult"]).decode()


def streams():
    """an answer that is streamed comes part by part, as the function gives it"""
    file = os.path.join(FOLDER, "go-on")
    answer = api.invoke_with_response_stream(FunctionName="call", LogType="Tail",
                                             Payload=json.dumps({"do": "stream", "file": file}))
    assert answer["ExecutedVersion"] == "$LATEST", answer
    came = []
    for event in answer["EventStream"]:
        came.append(event)
        if "PayloadChunk" in event:  # the function has not said all yet: it waits for the file
            open(file, "w", encoding="utf-8").close()
    assert b"".join(event["PayloadChunk"]["Payload"] for event in came[:-1]) == b"one two", came
    assert "START RequestId" in base64.b64decode(came[-1]["InvokeComplete"]["LogResult"]).decode(), came
    for event, code in (({"do": "fail"}, "Function.Asked"), ({"do": "exit"}, "Runtime.ExitError")):
        answer = api.invoke_with_response_stream(FunctionName="call", Payload=json.dumps(event))
        last = list(answer["EventStream"])[-1]["InvokeComplete"]
        assert last["ErrorCode"] == code and "errorMessage" in last["ErrorDetails"], last
    refused("InvalidParameterValueException", "RequestResponse", api.invoke_with_response_stream,
            FunctionName="call", InvocationType="DryRun")


def events():
    """a call of type Event is answered at once, and made three times when it fails"""
    file = os.path.join(FOLDER, "tries")
    answer = api.invoke(FunctionName="call", InvocationType="Event",
                        Payload=json.dumps({"do": "fail", "file": file}))
    assert answer["StatusCode"] == 202, answer
    until(lambda: os.path.exists(file) and os.path.getsize(file) == 3)


def versions():
    """code and versions: the same is published once, checksums and revisions are looked at"""
    create("ship")
    first = api.publish_version(FunctionName="ship", Description="one")
    assert api.publish_version(FunctionName="ship")["Version"] == first["Version"] == "1"
    dry = api.update_function_code(FunctionName="ship", ZipFile=packages.function("two"), DryRun=True)
    before = api.get_function_configuration(FunctionName="ship")
    assert before["CodeSha256"] == first["CodeSha256"] != dry["CodeSha256"], (before, dry)
    refused("PreconditionFailedException", "Revision Id", api.update_function_code, FunctionName="ship",
            ZipFile=packages.function("two"), RevisionId="0")
    changed = api.update_function_code(FunctionName="ship", ZipFile=packages.function("two"),
                                       RevisionId=before["RevisionId"])
    api.get_waiter("function_updated_v2").wait(FunctionName="ship", WaiterConfig=SOON)
    refused("InvalidParameterValueException", "CodeSHA256", api.publish_version, FunctionName="ship",
            CodeSha256=first["CodeSha256"])
    second = api.publish_version(FunctionName="ship", CodeSha256=changed["CodeSha256"])
    assert second["Version"] == "2" and second["FunctionArn"].endswith(":ship:2"), second
    assert [invoke("ship", {}, Qualifier=number)[1]["mark"] for number in ("1", "2")] == ["ship", "two"]
    pages = api.get_paginator("list_versions_by_function").paginate(
        FunctionName="ship", PaginationConfig={"PageSize": 2})
    assert [one["Version"] for page in pages for one in page["Versions"]] == ["$LATEST", "1", "2"]


def aliases():
    """an alias points to a version, and to two by weight; it holds its version"""
    made = api.create_alias(FunctionName="ship", Name="live", FunctionVersion="1", Description="d")
    assert made["AliasArn"].endswith(":ship:live") and made["FunctionVersion"] == "1", made
    answer, said = invoke("ship", {"do": "say"}, Qualifier="live")
    assert answer["ExecutedVersion"] == "1" and said["arn"] == made["AliasArn"], (answer, said)
    refused("ResourceConflictException", "live", api.create_alias, FunctionName="ship", Name="live",
            FunctionVersion="1")
    refused("ResourceConflictException", "live", api.delete_function, FunctionName="ship", Qualifier="1")
    changed = api.update_alias(FunctionName="ship", Name="live", FunctionVersion="2", RevisionId=made["RevisionId"])
    assert changed["Description"] == "d" and changed["RevisionId"] != made["RevisionId"], changed
    refused("PreconditionFailedException", "Revision Id", api.update_alias, FunctionName="ship", Name="live",
            RevisionId=made["RevisionId"])
    for weight, wanted in ((1.0, {"1"}), (0.0, {"2"})):
        api.update_alias(FunctionName="ship", Name="live",
                         RoutingConfig={"AdditionalVersionWeights": {"1": weight}})
        seen = {invoke("ship", {}, Qualifier="live")[0]["ExecutedVersion"] for _ in range(5)}
        assert seen == wanted, (weight, seen)
    routing = api.get_alias(FunctionName="ship", Name="live")["RoutingConfig"]
    assert routing == {"AdditionalVersionWeights": {"1": 0.0}}, routing
    for weights in ({"1": 1.5}, {"2": 0.5}, {"x": 0.5}):
        refused("InvalidParameterValueException", "AdditionalVersionWeights", api.update_alias,
                FunctionName="ship", Name="live", RoutingConfig={"AdditionalVersionWeights": weights})
    refused("ResourceNotFoundException", "ship:9", api.update_alias, FunctionName="ship", Name="live",
            FunctionVersion="9")
    refused("ResourceNotFoundException", "ship:none", api.get_alias, FunctionName="ship", Name="none")
    refused("InvalidParameterValueException", "'7'", api.create_alias, FunctionName="ship", Name="7",
            FunctionVersion="1")
    api.delete_alias(FunctionName="ship", Name="live")
    assert api.list_aliases(FunctionName="ship")["Aliases"] == []


def settings():
    """settings reach the function, and wrong ones are refused by name"""
    changed = api.update_function_configuration(FunctionName="ship", MemorySize=256, Timeout=7,
                                                Environment={"Variables": {"COLOR": "blue"}})
    assert (changed["MemorySize"], changed["Timeout"]) == (256, 7), changed
    _, said = invoke("ship", {"do": "say"})
    assert (said["env"]["COLOR"], said["env"]["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]) == ("blue", "256"), said
    assert "COLOR" not in invoke("ship", {"do": "say"}, Qualifier="2")[1]["env"]
    for words, wrong in (("MemorySize", {"MemorySize": 127}), ("Timeout", {"Timeout": 901}),
                         ("Runtime", {"Runtime": "python3.13"}), ("arn:x does not exist", {"Layers": ["arn:x"]}),
                         ("AWS_REGION", {"Environment": {"Variables": {"AWS_REGION": "x"}}}),
                         ("4KB", {"Environment": {"Variables": {"LONG": "x" * 4096}}}),
                         ("'1X'", {"Environment": {"Variables": {"1X": "x"}}})):
        refused("InvalidParameterValueException", words, api.update_function_configuration,
                FunctionName="ship", **wrong)


def concurrency():
    """reserved concurrency throttles, provisioned concurrency warms"""
    api.put_function_concurrency(FunctionName="ship", ReservedConcurrentExecutions=0)
    refused("TooManyRequestsException", "Rate Exceeded", api.invoke, FunctionName="ship")
    assert api.get_function_concurrency(FunctionName="ship")["ReservedConcurrentExecutions"] == 0
    refused("InvalidParameterValueException", "ReservedConcurrent", api.put_function_concurrency,
            FunctionName="ship", ReservedConcurrentExecutions=100000)
    api.delete_function_concurrency(FunctionName="ship")
    assert invoke("ship", {})[1]["mark"] == "two"
    asked = {"FunctionName": "ship", "Qualifier": "1"}
    refused("ProvisionedConcurrencyConfigNotFoundException", "No Prov", api.get_provisioned_concurrency_config, **asked)
    api.put_provisioned_concurrency_config(ProvisionedConcurrentExecutions=2, **asked)
    until(lambda: api.get_provisioned_concurrency_config(**asked)["Status"] == "READY")
    api.delete_provisioned_concurrency_config(**asked)
    refused("InvalidParameterValueException", "unpublished", api.put_provisioned_concurrency_config,
            FunctionName="ship", Qualifier="$LATEST", ProvisionedConcurrentExecutions=1)


def policies():
    """permissions come and go"""
    who = {"FunctionName": "ship", "Qualifier": "2"}
    api.add_permission(StatementId="one", Action="lambda:InvokeFunction", Principal="events.amazonaws.com",
                       SourceArn="arn:aws:events:x", SourceAccount="000000000000", **who)
    policy = json.loads(api.get_policy(**who)["Policy"])["Statement"]
    assert [(one["Sid"], one["Principal"]) for one in policy] == [("one", {"Service": "events.amazonaws.com"})], policy
    assert policy[0]["Resource"].endswith(":ship:2"), policy
    refused("ResourceConflictException", "(one)", api.add_permission, StatementId="one",
            Action="lambda:InvokeFunction", Principal="123456789012", **who)
    refused("InvalidParameterValueException", "Action", api.add_permission, StatementId="two",
            Action="s3:GetObject", Principal="123456789012", **who)
    api.remove_permission(StatementId="one", **who)
    refused("ResourceNotFoundException", "Statement one", api.remove_permission, StatementId="one", **who)
    refused("ResourceNotFoundException", "No policy", api.get_policy, **who)


def registers():
    """a load balancer may call a function only where its policy says so"""
    group = elb.create_target_group(Name="asks", TargetType="lambda")["TargetGroups"][0]["TargetGroupArn"]
    arn = api.get_function(FunctionName="ship", Qualifier="2")["Configuration"]["FunctionArn"]
    here = {"TargetGroupArn": group, "Targets": [{"Id": arn}]}
    allow = {"FunctionName": "ship", "Qualifier": "2", "Action": "lambda:InvokeFunction"}
    refused("InvalidTarget", "no function", elb.register_targets, TargetGroupArn=group, Targets=[{"Id": arn + "9"}])
    refused("AccessDenied", "does not have permission to invoke " + arn, elb.register_targets, **here)
    api.add_permission(StatementId="else", Principal="elasticloadbalancing.amazonaws.com", SourceArn=group + "x", **allow)
    api.add_permission(StatementId="events", Principal="events.amazonaws.com", **allow)
    refused("AccessDenied", group, elb.register_targets, **here)
    api.add_permission(StatementId="alb", Principal="elasticloadbalancing.amazonaws.com", SourceArn=group, **allow)
    elb.register_targets(**here)
    elb.delete_target_group(TargetGroupArn=group)


def bad_packages():
    """a package that cannot run is refused, and what is wrong is named"""
    link, shell = 0o120777, "#!/bin/sh\n"
    rows = (
        ("Could not unzip", b"no zip at all"),
        ("Could not unzip", packages.function("x")[:-30]),
        ("Could not unzip", packages.package()),
        ("no file 'bootstrap'", packages.package(("other", shell))),
        ("no file 'bootstrap'", packages.package(("in/bootstrap", shell))),
        ("not executable", packages.package(("bootstrap", shell, 0o100644))),
        ("'bootstrap' is no file", packages.package(("bootstrap/x", shell))),
        ("neither an ELF program", packages.package(("bootstrap", "echo\n"))),
        ("a program for", packages.package(("bootstrap", packages.elf(OTHER_MACHINE)))),
        ("a program for another machine", packages.package(("bootstrap", packages.elf(8)))),
        ("'../x'", packages.function("x", ("../x", "x"))),
        ("'a/../../x'", packages.function("x", ("a/../../x", "x"))),
        ("'/tmp/x'", packages.function("x", ("/tmp/x", "x"))),
        ("'out'", packages.function("x", ("out", "/etc/passwd", link))),
        ("'in/out'", packages.function("x", ("in/out", "../../..", link))),
        ("'none'", packages.function("x", ("none", "nowhere", link))),
        ("Unzipped size must be smaller than 262144000", packages.bomb(262144001, 1 << 20)),
        ("Could not unzip", packages.bomb(1000, 262144001)),
        ("262144000 bytes, and is not with 'big'", packages.bomb(0xfffffffe, 1 << 20)),
        ("'mark' is encrypted", packages.encrypted("mark")),
        ("the package has 'mark' twice", packages.function("x", ("mark", "y"))),
        ("the package has 'in' twice", packages.function("x", ("in", "y"), ("in/", ""))),
    )
    for words, zip_file in rows:
        refused("InvalidParameterValueException", words, api.update_function_code, FunctionName="ship",
                ZipFile=zip_file)
    refused("InvalidParameterValueException", "not executable", create, name="never", zip_file=rows[5][1])
    refused("InvalidParameterValueException", "source", api.update_function_code, FunctionName="ship")
    refused("InvalidParameterValueException", "images", api.update_function_code, FunctionName="ship",
            ImageUri="x/y:z")
    refused("InvalidParameterValueException", "--forward s3=", api.update_function_code, FunctionName="ship",
            S3Bucket="b", S3Key="k")
    refused("InvalidParameterValueException", "Architectures", api.update_function_code, FunctionName="ship",
            ZipFile=packages.function("x"), Architectures=["arm64" if OTHER_MACHINE == 183 else "x86_64"])
    refused("ResourceNotFoundException", "function:never", api.get_function, FunctionName="never")
    inside = packages.function("kept", ("link", "mark", link))
    api.update_function_code(FunctionName="ship", ZipFile=inside)
    assert invoke("ship", {})[1]["mark"] == "kept"


def drives_cli():
    """the AWS CLI ships a package, waits for it and calls it"""
    zip_path, out_path = os.path.join(FOLDER, "f.zip"), os.path.join(FOLDER, "out.json")
    with open(zip_path, "wb") as out:
        out.write(packages.function("by-cli"))
    for words in (["update-function-code", "--zip-file", "fileb://" + zip_path, "--publish"],
                  ["wait", "function-updated-v2"],
                  ["invoke", "--qualifier", "3", "--payload", "{}", out_path]):
        command = [sys.executable, "-m", "awscli", "lambda", *words, "--function-name", "ship"]
        done = subprocess.run([*command, "--endpoint-url", CONTROL_URL], capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, (words, done.stderr)
    with open(out_path, encoding="utf-8") as answer:
        assert json.load(answer)["mark"] == "by-cli"


for claim in (stands, lives, tags, calls, logs_json, streams, events, versions, aliases, settings, concurrency, policies, registers, bad_packages,
              drives_cli):
    check(claim)
claims.end()
