"""kept.py make|look CONTROL_URL FILE SERVER: what a rig with --state knows, before and after it is killed.

make: ships functions and services, which run SERVER, and writes what the rig says of them to FILE. look, of the
rig that was started again: it says the same, runs what was shipped, and its numbers go on. Prints "ok NAME" or
"not ok NAME" for each claim. Exit status: 0 all held, 1 not.
"""

import json
import sys

import claims  # first: it sets what boto3 reads
import boto3
import packages
from botocore.exceptions import ClientError
from claims import check

WHAT, CONTROL_URL, FILE, SERVER = sys.argv[1:5]
api = boto3.client("lambda", endpoint_url=CONTROL_URL)
ssm = boto3.client("ssm", endpoint_url=CONTROL_URL)
ecs = boto3.client("ecs", endpoint_url=CONTROL_URL)
elb = boto3.client("elbv2", endpoint_url=CONTROL_URL)
scaling = boto3.client("application-autoscaling", endpoint_url=CONTROL_URL)
SOON = {"Delay": 1, "MaxAttempts": 120}  # of waiters: a loaded machine is slow
CLUSTER = "duet-local"
TARGET = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount",
          "ResourceId": f"service/{CLUSTER}/duet-local-b"}
ROLE = "arn:aws:iam::000000000000:role/r"
# What CreateService refuses, and with which words.
ALTERED = (
    ("not idempotent", {"serviceName": "made"}),
    ("1 to 255 letters", {"serviceName": "a b"}),
    ("TaskDefinition is inactive", {"taskDefinition": "kept:3"}),
    ("one target group", {"loadBalancers": []}),
    ("no target group of type ip", {"loadBalancers": [{"targetGroupArn": "arn:x", "containerPort": 8080}]}),
    ("not the task definition's", {"loadBalancers": [{"targetGroupArn": "arn:x", "containerPort": 80}]}),
    ("does not exist", {"loadBalancers": [{"targetGroupArn": "arn:x", "containerName": "c"}]}),
    ("serviceRegistries", {"serviceRegistries": [{"registryArn": "r"}]}),
    ("REPLICA", {"schedulingStrategy": "DAEMON"}),
)
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
            "tags": api.list_tags(Resource=function["FunctionArn"]),
            "concurrency": api.get_function_concurrency(FunctionName=name),
        }
        for alias in said[name]["aliases"]["Aliases"]:
            said[name][alias["Name"]] = api.get_policy(FunctionName=name, Qualifier=alias["Name"])["Policy"]
    return plain(said)


def definitions():
    """All that it says of its task definitions."""
    said = {}
    for status in ("ACTIVE", "INACTIVE"):
        for arn in ecs.list_task_definitions(status=status)["taskDefinitionArns"]:
            said[arn] = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    return plain(said)


def services():
    """What services are, but for their tasks and the deployments of this run."""
    names = ("serviceArn", "status", "desiredCount", "taskDefinition", "createdAt", "deploymentConfiguration",
             "loadBalancers")
    arns = ecs.list_services(cluster=CLUSTER)["serviceArns"]
    said = {}
    for service in ecs.describe_services(cluster=CLUSTER, services=arns)["services"]:
        said[service["serviceName"]] = plain({name: service[name] for name in names})
    return said


def world():
    targets = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    said = {"functions": functions(), "definitions": definitions(), "services": services(),
            "targets": {target["ResourceId"]: plain(target) for target in targets}}
    return json.loads(json.dumps(said, default=str))


def mark(name):
    return json.loads(api.invoke(FunctionName=name, Payload=b"{}")["Payload"].read())["mark"]


def register(color):
    container = {"name": "server", "image": "file://" + SERVER, "essential": True,
                 "environment": [{"name": "COLOR", "value": color}],
                 "portMappings": [{"containerPort": 8080}]}
    return ecs.register_task_definition(family="kept", containerDefinitions=[container])["taskDefinition"]


def refused(words, call, **parameters):
    try:
        call(**parameters)
    except ClientError as error:
        assert words in str(error), error
        return
    raise AssertionError(f"not refused: {parameters}")


def ships():
    """functions are shipped with versions, an alias, a policy, settings and concurrency"""
    api.create_function(FunctionName="kept", Role=ROLE, Runtime="provided.al2023", Handler="h", Publish=True,
                        Tags={"team": "\"ä\"", "stage": ""}, Code={"ZipFile": packages.function("one")}, Timeout=60,
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


def deploys():
    """task definitions are registered, a service updated, scaled and bounded, others created and deleted"""
    register("one")
    register("two")
    register("three")
    ecs.deregister_task_definition(taskDefinition="kept:3")
    ecs.update_service(cluster=CLUSTER, service="duet-local-b", taskDefinition="kept:1", desiredCount=2,
                       deploymentConfiguration={"minimumHealthyPercent": 50, "maximumPercent": 300,
                                                "deploymentCircuitBreaker": {"enable": True, "rollback": False}})
    scaling.register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=4)
    group = elb.create_target_group(Name="kept", TargetType="ip", Protocol="HTTP", Port=8080)
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    made = dict(cluster=CLUSTER, taskDefinition="kept:2", desiredCount=1, launchType="FARGATE",
                loadBalancers=[{"targetGroupArn": arn, "containerName": "server", "containerPort": 8080}])
    for name in ("made", "unmade"):
        ecs.create_service(serviceName=name, **made)
        ecs.get_waiter("services_stable").wait(cluster=CLUSTER, services=[name], WaiterConfig=SOON)
    assert len(elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]) == 2
    for words, change in ALTERED:
        refused(words, ecs.create_service, **{**made, "serviceName": "other", **change})
    refused("scaled above 0", ecs.delete_service, cluster=CLUSTER, service="unmade")
    refused("a slot of the rig", ecs.delete_service, cluster=CLUSTER, service="duet-local-b", force=True)
    ecs.update_service(cluster=CLUSTER, service="unmade", desiredCount=0)
    ended = ecs.delete_service(cluster=CLUSTER, service="unmade")["service"]
    assert ended["status"] in ("DRAINING", "INACTIVE"), ended
    ecs.get_waiter("services_inactive").wait(cluster=CLUSTER, services=["unmade"], WaiterConfig=SOON)
    refused("Service not found", ecs.update_service, cluster=CLUSTER, service="unmade", desiredCount=1)
    ecs.create_service(serviceName="forced", **made)
    ecs.delete_service(cluster=CLUSTER, service="forced", force=True)


def notes():
    """what the rig says is written down"""
    with open(FILE, "w", encoding="utf-8") as out:
        json.dump(world(), out)


def says_the_same():
    """after SIGKILL and a restart all is there: versions, aliases, policies, settings, concurrency"""
    with open(FILE, encoding="utf-8") as file:
        before = json.load(file)
    now = world()
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


def serves():
    """services run what they were told to, as many tasks as they were scaled to"""
    for name, count in (("duet-local-a", 1), ("duet-local-b", 2), ("made", 1)):
        ecs.get_waiter("services_stable").wait(cluster=CLUSTER, services=[name], WaiterConfig=SOON)
        service = ecs.describe_services(cluster=CLUSTER, services=[name])["services"][0]
        assert service["runningCount"] == count, service


def goes_on():
    """numbers of versions and revisions go on; parameters are there"""
    assert register("four")["revision"] == 4
    assert ecs.describe_services(cluster=CLUSTER, services=["unmade"])["failures"][0]["reason"] == "MISSING"
    own = ecs.describe_task_definition(taskDefinition=CLUSTER)["taskDefinition"]
    assert own["revision"] == 1, "the rig's own definition says the same, and has no new revision"
    assert api.publish_version(FunctionName="kept", Description="x")["Version"] == "4"
    assert api.publish_version(FunctionName="duet-local", Description="x")["Version"] == "3"
    assert ssm.get_parameter(Name="/duet/kept", WithDecryption=True)["Parameter"]["Value"] == "v"


MAKE = (ships, updates, deploys, notes)
LOOK = (says_the_same, runs, serves, goes_on)
for each in MAKE if WHAT == "make" else LOOK:
    check(each)
claims.end()
