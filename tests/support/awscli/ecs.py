"""ecs.py ALB_URL CONTROL_URL SERVER [IMAGE]: ECS and Application Auto Scaling of a running `duet local`.

The rig must send all requests to its Fargate home, whose program SERVER is. With IMAGE, of Docker's, it
looks at tasks that are containers, and at nothing else. Prints "ok NAME" or
"not ok NAME" for each claim, with what went wrong before it. Exit status: 0 all held, 1 not.
"""

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.parse

import claims  # first: it sets what boto3 reads
import boto3
from botocore.exceptions import ClientError, WaiterError
from claims import check

ALB_URL, CONTROL_URL, SERVER = sys.argv[1:4]
IMAGE = sys.argv[4] if len(sys.argv) > 4 else None
SOON = {"Delay": 1, "MaxAttempts": 120}  # of waiters: a loaded machine is slow
A, B = "duet-local-a", "duet-local-b"
ecs = boto3.client("ecs", endpoint_url=CONTROL_URL)
elb = boto3.client("elbv2", endpoint_url=CONTROL_URL)
scaling = boto3.client("application-autoscaling", endpoint_url=CONTROL_URL)


def aws(*arguments):
    """The AWS CLI's output."""
    done = subprocess.run(
        [os.path.join(os.path.dirname(sys.executable), "aws"), "--output", "text", *arguments],
        env={**os.environ, "AWS_ENDPOINT_URL": CONTROL_URL}, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def wait_for(what, seconds=120):
    """Looks until what() is true."""
    end = time.monotonic() + seconds
    while not (last := what()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)
    return last


def service(name=A):
    return ecs.describe_services(cluster="duet-local", services=[name])["services"][0]


def stable(name=A):
    ecs.get_waiter("services_stable").wait(cluster="duet-local", services=[name], WaiterConfig=SOON)
    return service(name)


def tasks(name=A, status="RUNNING"):
    arns = ecs.list_tasks(cluster="duet-local", serviceName=name, desiredStatus=status)["taskArns"]
    return ecs.describe_tasks(cluster="duet-local", tasks=arns)["tasks"] if arns else []


def healthy(name):
    group = elb.describe_target_groups(Names=[name])["TargetGroups"][0]["TargetGroupArn"]
    states = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    return sum(each["TargetHealth"]["State"] == "healthy" for each in states)


def register(image="file://" + SERVER, **environment):
    """A revision of the rig's own definition, as a release makes one: described, changed, registered."""
    old = ecs.describe_task_definition(taskDefinition="duet-local")["taskDefinition"]
    container = {**old["containerDefinitions"][0], "image": image,
                 "environment": [{"name": name, "value": value} for name, value in environment.items()]}
    return ecs.register_task_definition(
        family=old["family"], containerDefinitions=[container], cpu=old["cpu"], memory=old["memory"],
        networkMode=old["networkMode"], requiresCompatibilities=old["requiresCompatibilities"],
    )["taskDefinition"]["taskDefinitionArn"]


class Load:
    """Clients that ask without a pause while the body runs; every answer must be 200."""

    def __enter__(self):
        self.going, self.wrong, self.count = True, [], 0
        self.threads = [threading.Thread(target=self.ask) for _ in range(3)]
        for thread in self.threads:
            thread.start()
        wait_for(lambda: self.count > 10)
        return self

    def ask(self):
        place = urllib.parse.urlsplit(ALB_URL)
        while self.going:
            try:
                peer = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
                for _ in range(50):
                    peer.request("GET", "/hello")
                    answer = peer.getresponse()
                    answer.read()
                    self.count += 1
                    if answer.status != 200:
                        self.wrong.append(answer.status)
                peer.close()
            except Exception as error:  # of whatever kind: a client has seen it
                self.wrong.append(error)

    def __exit__(self, *_):
        self.going = False
        for thread in self.threads:
            thread.join()
        assert not self.wrong, (len(self.wrong), self.wrong[:5])


def names_of_terraform():
    """one cluster, and a service for each slot"""
    assert aws("ecs", "list-clusters", "--query", "clusterArns[0]").endswith(":cluster/duet-local")
    assert [arn.rsplit("/", 1)[1] for arn in ecs.list_services(cluster="duet-local")["serviceArns"]] == [A, B]
    found = stable()
    assert (found["desiredCount"], found["runningCount"], found["pendingCount"]) == (1, 1, 0), found
    assert found["deployments"][0]["rolloutState"] == "COMPLETED"
    assert stable(B)["desiredCount"] == 0
    first = ecs.describe_task_definition(taskDefinition=found["taskDefinition"])["taskDefinition"]
    assert (first["family"], first["revision"], first["containerDefinitions"][0]["name"]) == ("duet-local", 1, "server")


def scales():
    """the AWS CLI scales a service, and its waiters see it"""
    aws("ecs", "update-service", "--cluster", "duet-local", "--service", A, "--desired-count", "2")
    aws("ecs", "wait", "services-stable", "--cluster", "duet-local", "--services", A)
    arns = aws("ecs", "list-tasks", "--cluster", "duet-local", "--service-name", A, "--query", "taskArns").split()
    assert len(arns) == 2, arns
    aws("ecs", "wait", "tasks-running", "--cluster", "duet-local", "--tasks", *arns)
    wait_for(lambda: healthy("fargate-a") == 2)
    wait_for(lambda: "has reached a steady state" in service()["events"][0]["message"])


def replaces():
    """a new revision replaces all tasks under load, and no request fails"""
    before = {task["taskArn"] for task in tasks()}
    revision = register(DUET_DRAIN_S="7")
    with Load():
        for arguments in ({"taskDefinition": revision}, {"forceNewDeployment": True}):
            ecs.update_service(cluster="duet-local", service=A, **arguments)
            assert len(stable()["deployments"]) == 1
            after = tasks()
            assert len(after) == 2 and not before & {task["taskArn"] for task in after}
            before = {task["taskArn"] for task in after}
    for task in tasks():
        assert task["taskDefinitionArn"] == revision
        with open(f"/proc/{task['containers'][0]['runtimeId']}/environ", encoding="utf-8") as file:
            assert "DUET_DRAIN_S=7" in file.read().split("\0")


def rolls_back():
    """a revision that does not start is given up, and no request fails"""
    good = service()["taskDefinition"]
    for image, reason in (("file:///bin/false", "Essential container in task exited"),
                          ("file:///no/such/server", "CannotStartContainerError"),
                          ("localhost:1/server:1", "CannotPullContainerError")):
        with Load():
            bad = ecs.update_service(cluster="duet-local", service=A, taskDefinition=register(image))["service"]
            assert bad["deployments"][0]["rolloutState"] == "IN_PROGRESS" or image != "file:///bin/false"
            wait_for(lambda: stable()["taskDefinition"] == good)
        wait_for(lambda: service()["deployments"][0]["rolloutState"] == "COMPLETED")
        found = service()
        assert any("deployment failed: tasks failed to start" in each["message"] for each in found["events"])
        stopped = [each for each in tasks(status="STOPPED") if each["taskDefinitionArn"] == bad["taskDefinition"]]
        # One more may have been started by then, which the scheduler took back.
        failed = [each for each in stopped if "Scaling activity" not in each["stoppedReason"]]
        assert len(failed) >= 3 and all(reason in each["stoppedReason"] for each in failed), stopped
        assert not any("--help" in each["stoppedReason"] for each in failed), "docker's hint is no reason"


def stops_a_task():
    """a task that is stopped is replaced under load, and no request fails"""
    victim = tasks()[0]["taskArn"]
    with Load():
        stopped = ecs.stop_task(cluster="duet-local", task=victim, reason="we try it")["task"]
        assert stopped["desiredStatus"] == "STOPPED"
        aws("ecs", "wait", "tasks-stopped", "--cluster", "duet-local", "--tasks", victim)
        wait_for(lambda: stable()["runningCount"] == 2)
    ended = ecs.describe_tasks(cluster="duet-local", tasks=[victim])["tasks"][0]
    assert (ended["stopCode"], ended["stoppedReason"], ended["containers"][0]["exitCode"]) == \
        ("UserInitiated", "we try it", 0), ended


def processes():
    """Of the tasks that run; one may have ended since they were listed."""
    return {task["containers"][0].get("runtimeId") for task in tasks() if task["lastStatus"] == "RUNNING"}


def heals():
    """tasks that are killed come back"""
    for _ in range(3):
        old = processes()
        for process in old:
            os.kill(int(process), signal.SIGKILL)
        wait_for(lambda: len(processes() - old) == 2 and healthy("fargate-a") == 2)
    with Load():
        pass


def bounds():
    """bounds of slot b bring it up, and down again"""
    name = {"ServiceNamespace": "ecs", "ResourceId": f"service/duet-local/{B}",
            "ScalableDimension": "ecs:service:DesiredCount"}
    scaling.register_scalable_target(**name, MinCapacity=2, MaxCapacity=4)
    wait_for(lambda: stable(B)["runningCount"] == 2 and healthy("fargate-b") == 2)
    scaling.register_scalable_target(**name, MinCapacity=0)
    ecs.update_service(cluster="duet-local", service=B, desiredCount=0)
    wait_for(lambda: stable(B)["runningCount"] == 0 and not tasks(B))
    found = scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[name["ResourceId"]])
    assert [(each["MinCapacity"], each["MaxCapacity"]) for each in found["ScalableTargets"]] == [(0, 4)]
    scaling.deregister_scalable_target(**name)
    assert not scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]


def refuses():
    """what AWS refuses is refused, in its words"""
    here = {"cluster": "duet-local", "service": A}
    for code, call, arguments in (
            ("ClusterNotFoundException", ecs.describe_services, {"cluster": "other", "services": [A]}),
            ("ServiceNotFoundException", ecs.update_service, {**here, "service": "other"}),
            ("InvalidParameterException", ecs.update_service, {**here, "desiredCount": -1}),
            ("InvalidParameterException", ecs.update_service, {**here, "deploymentConfiguration": {
                "minimumHealthyPercent": 100, "maximumPercent": 100}}),
            ("ClientException", ecs.update_service, {**here, "taskDefinition": "duet-local:99"}),
            ("ClientException", ecs.describe_task_definition, {"taskDefinition": "other"}),
            ("ClientException", ecs.register_task_definition, {"family": "a b", "containerDefinitions": []}),
            ("ClientException", ecs.register_task_definition, {"family": "a", "containerDefinitions": []}),
            ("InvalidParameterException", ecs.stop_task, {"cluster": "duet-local", "task": "0" * 32}),
            ("ValidationException", scaling.register_scalable_target, {
                "ServiceNamespace": "ecs", "ResourceId": "service/duet-local/other",
                "ScalableDimension": "ecs:service:DesiredCount", "MinCapacity": 1, "MaxCapacity": 2})):
        try:
            call(**arguments)
            raise AssertionError(f"not refused: {arguments}")
        except ClientError as error:
            assert error.response["Error"]["Code"] == code, error
    failures = ecs.describe_services(cluster="duet-local", services=["other"])["failures"]
    assert failures == [{"arn": "arn:aws:ecs:us-east-1:000000000000:service/duet-local/other", "reason": "MISSING"}]
    try:
        ecs.get_waiter("tasks_running").wait(cluster="duet-local", tasks=["0" * 32], WaiterConfig=SOON)
        raise AssertionError("a task that is not there runs")
    except WaiterError:
        pass


def revisions():
    """revisions are listed, deregistered, and then taken by nobody"""
    arns = ecs.list_task_definitions(familyPrefix="duet-local", sort="DESC")["taskDefinitionArns"]
    assert [int(arn.rsplit(":", 1)[1]) for arn in arns] == list(range(len(arns), 0, -1))
    gone = ecs.deregister_task_definition(taskDefinition=arns[0])["taskDefinition"]
    assert gone["status"] == "INACTIVE"
    try:
        ecs.update_service(cluster="duet-local", service=A, taskDefinition=arns[0])
        raise AssertionError("an inactive revision runs")
    except ClientError as error:
        assert error.response["Error"]["Code"] == "ClientException", error
    assert ecs.describe_task_definition(taskDefinition="duet-local")["taskDefinition"]["taskDefinitionArn"] == arns[1]


def docker(*arguments):
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=120, check=True)
    return done.stdout.split()


def containers():
    """Names of the containers that run."""
    return set(docker("ps", "--filter", "label=duet-local", "--format", "{{.Names}}"))


def named(found):
    return {"duet-local-" + task["taskArn"].rsplit("/", 1)[1] for task in found}


def moves_to_containers():
    """containers replace processes under load, and one another, and no request fails"""
    with Load():
        ecs.update_service(cluster="duet-local", service=A, desiredCount=2, taskDefinition=register(IMAGE))
        first = named(wait_for(lambda: len(stable()["deployments"]) == 1 and tasks()))
        assert len(first) == 2 and first <= containers(), (first, containers())
        ecs.update_service(cluster="duet-local", service=A, forceNewDeployment=True)
        second = named(wait_for(lambda: len(stable()["deployments"]) == 1 and tasks()))
        assert len(second) == 2 and not first & second
        wait_for(lambda: not first & containers())


def heals_containers():
    """a container that is killed is replaced"""
    victim = named(tasks()).pop()
    docker("kill", victim)
    wait_for(lambda: victim not in named(tasks()) and stable()["runningCount"] == 2 and healthy("fargate-a") == 2)
    with Load():
        pass


def stops_containers():
    """a stopped container has ended by itself, with status 0"""
    victim = tasks()[0]["taskArn"]
    ecs.stop_task(cluster="duet-local", task=victim)
    ecs.get_waiter("tasks_stopped").wait(cluster="duet-local", tasks=[victim], WaiterConfig=SOON)
    ended = ecs.describe_tasks(cluster="duet-local", tasks=[victim])["tasks"][0]
    assert ended["containers"][0]["exitCode"] == 0, ended
    wait_for(lambda: stable()["runningCount"] == 2)


if IMAGE:
    for claim in (moves_to_containers, heals_containers, stops_containers):
        check(claim)
    claims.end()
for claim in (names_of_terraform, scales, replaces, rolls_back, stops_a_task, heals, bounds, refuses, revisions):
    check(claim)
claims.end()
