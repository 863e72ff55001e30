"""cloudwatch.py ALB_URL CONTROL_URL ACCESS_LOG: CloudWatch's figures of a running `duet local`.

Sends requests of a known composition, and wants each figure of CloudWatch, and the lines of the
access log, to be what was sent; by CBOR, JSON and Query. Prints "ok NAME" or "not ok NAME" for each
claim, with what went wrong before it. Exit status: 0 all held, 1 not. Nobody else may use the rig.
"""

import datetime
import http.server
import os
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request

import claims  # first: it sets what boto3 reads
import boto3
import botocore.session
import packages
from botocore.exceptions import ClientError
from claims import check

ALB_URL, CONTROL_URL, ACCESS_LOG = sys.argv[1:4]
FOUND, MISSED, REFUSED, METHOD = 20, 10, 3, 2  # 200, 404, 400 by desync; 405 of the load balancer
BROKEN, SILENT, FAILED = 7, 4, 5  # 500 of a target; 502: it closes without a word; 502: a function fails
NAMESPACE = "AWS/ApplicationELB"
elb = boto3.client("elbv2", endpoint_url=CONTROL_URL)
BEGIN = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
END = BEGIN + datetime.timedelta(hours=3)


def client_of(protocol):
    """A client that speaks one of CloudWatch's three protocols."""
    session = botocore.session.get_session()
    loader = session.get_component("data_loader")
    model = loader.load_service_model("cloudwatch", "service-2")
    model["metadata"]["protocols"] = [protocol]
    model["metadata"]["protocol"] = protocol
    return boto3.Session(botocore_session=session).client("cloudwatch", endpoint_url=CONTROL_URL)


def get(path, method="GET"):
    try:
        with urllib.request.urlopen(urllib.request.Request(ALB_URL + path, method=method), timeout=60) as answer:
            answer.read()
            return answer.status
    except urllib.error.HTTPError as error:
        error.read()
        return error.code


def raw(request):
    """The answer's first line; the connection must end."""
    place = urllib.parse.urlsplit(ALB_URL)
    with socket.create_connection((place.hostname, place.port), timeout=60) as peer:
        peer.sendall(request)
        answer = b""
        while part := peer.recv(65536):
            answer += part
    return answer.split(b"\r\n", 1)[0]


class Broken(http.server.BaseHTTPRequestHandler):
    """A target that is never healthy."""

    def do_GET(self):
        if self.path != "/silent":
            self.send_error(500)

    def log_message(self, *_):
        pass


def start_broken():
    """Gives its port."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Broken)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def route(paths, priority, target, **group):
    """Sends the paths to a new target group with that target, and gives its tail."""
    made = elb.create_target_group(Name=f"group-{priority}", **group)["TargetGroups"][0]["TargetGroupArn"]
    elb.register_targets(TargetGroupArn=made, Targets=[target])
    elb.create_rule(ListenerArn=LISTENER, Priority=priority,
                    Conditions=[{"Field": "path-pattern", "Values": paths}],
                    Actions=[{"Type": "forward", "TargetGroupArn": made}])
    return made.split(":")[-1]


def prepare():
    """a target and a function that fail are put behind the load balancer"""
    functions = boto3.client("lambda", endpoint_url=CONTROL_URL)
    made = functions.create_function(
        FunctionName="failing", Role="arn:aws:iam::000000000000:role/r", Runtime="provided.al2023",
        Handler="h.handler", Code={"ZipFile": packages.function("x")}, Timeout=60)
    functions.add_permission(FunctionName="failing", StatementId="alb", Action="lambda:InvokeFunction",
                             Principal="elasticloadbalancing.amazonaws.com")
    OWN["broken"] = route(["/broken", "/silent"], 1, {"Id": "127.0.0.1", "Port": start_broken()}, TargetType="ip",
                          Protocol="HTTP", Port=80, VpcId="vpc-1")
    OWN["failing"] = route(["/fail"], 2, {"Id": made["FunctionArn"]}, TargetType="lambda")


def load():
    """the load is answered as it should be"""
    assert [get("/broken") for _ in range(BROKEN)] == [500] * BROKEN
    assert [get("/silent") for _ in range(SILENT)] == [502] * SILENT
    assert [get("/fail") for _ in range(FAILED)] == [502] * FAILED
    assert [get("/hello") for _ in range(FOUND)] == [200] * FOUND
    assert [get("/no/such") for _ in range(MISSED)] == [404] * MISSED
    assert [get("/hello", "TRACE") for _ in range(METHOD)] == [405] * METHOD
    smuggled = b"GET /hello HTTP/1.1\r\nHost: x\r\nContent_Length: 5\r\n\r\n"
    both = b"POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    method = b"G(T /hello HTTP/1.1\r\nHost: x\r\n\r\n"
    for request in (smuggled, both, method):
        assert raw(request) == b"HTTP/1.1 400 Bad Request", raw(request)


BALANCER_ARN = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
BALANCER = BALANCER_ARN.split("loadbalancer/")[1]
LISTENER = elb.describe_listeners(LoadBalancerArn=BALANCER_ARN)["Listeners"][0]["ListenerArn"]
OWN = {}  # the groups that are made here
GROUPS = [group["TargetGroupArn"].split(":")[-1] for group in elb.describe_target_groups()["TargetGroups"]]
WHOLE = [{"Name": "LoadBalancer", "Value": BALANCER}]


def total(cloudwatch, metric, dimensions, stat="Sum"):
    """None: it is missing."""
    points = cloudwatch.get_metric_statistics(
        Namespace=NAMESPACE, MetricName=metric, Dimensions=dimensions, Period=3600 * 6,
        StartTime=BEGIN - datetime.timedelta(hours=6), EndTime=END, Statistics=[stat])["Datapoints"]
    return sum(point[stat] for point in points) if points else None


def counts(protocol):
    """CloudWatch's numbers are what was sent, by"""
    cloudwatch = client_of(protocol)
    assert total(cloudwatch, "RequestCount", WHOLE) == FOUND + MISSED + BROKEN + SILENT + FAILED
    assert total(cloudwatch, "HTTPCode_Target_2XX_Count", WHOLE) == FOUND
    assert total(cloudwatch, "HTTPCode_Target_4XX_Count", WHOLE) == MISSED
    assert total(cloudwatch, "HTTPCode_Target_5XX_Count", WHOLE) == BROKEN
    assert total(cloudwatch, "HTTPCode_ELB_4XX_Count", WHOLE) == REFUSED + METHOD
    assert total(cloudwatch, "HTTPCode_ELB_5XX_Count", WHOLE) == SILENT + FAILED
    assert total(cloudwatch, "HTTPCode_ELB_502_Count", WHOLE) == SILENT + FAILED
    assert total(cloudwatch, "HTTPCode_ELB_504_Count", WHOLE) is None
    assert total(cloudwatch, "DesyncMitigationMode_NonCompliant_Request_Count", WHOLE) == REFUSED
    groups = [total(cloudwatch, "RequestCount", WHOLE + [{"Name": "TargetGroup", "Value": group}]) or 0
              for group in GROUPS]
    assert sum(groups) == FOUND + MISSED and sum(1 for count in groups if count) == 2, groups
    assert total(cloudwatch, "TargetResponseTime", WHOLE, "SampleCount") == FOUND + MISSED + BROKEN
    of = lambda name, group: total(cloudwatch, name, WHOLE + [{"Name": "TargetGroup", "Value": OWN[group]}])
    assert of("HTTPCode_Target_5XX_Count", "broken") == BROKEN
    assert of("UnhealthyRoutingRequestCount", "broken") == BROKEN + SILENT
    assert of("RequestCount", "failing") == of("LambdaUserError", "failing") == FAILED
    assert of("LambdaInternalError", "failing") is None and of("HTTPCode_ELB_502_Count", "failing") is None


def computes(protocol):
    """percentiles and metric math, by"""
    cloudwatch = client_of(protocol)
    points = cloudwatch.get_metric_statistics(
        Namespace=NAMESPACE, MetricName="TargetResponseTime", Dimensions=WHOLE, Period=21600,
        StartTime=BEGIN, EndTime=END, ExtendedStatistics=["p50", "p99.9"], Unit="Seconds")["Datapoints"]
    for point in points:
        seen = point["ExtendedStatistics"]
        assert 0 < seen["p50"] <= seen["p99.9"] < 60, seen
    assert points
    metric = lambda name: {"Metric": {"Namespace": NAMESPACE, "MetricName": name, "Dimensions": WHOLE},
                           "Period": 21600, "Stat": "Sum"}
    results = cloudwatch.get_metric_data(
        StartTime=BEGIN, EndTime=END, ScanBy="TimestampAscending",
        MetricDataQueries=[
            {"Id": "all", "MetricStat": metric("RequestCount"), "ReturnData": False},
            {"Id": "bad", "MetricStat": metric("HTTPCode_Target_4XX_Count"), "ReturnData": False},
            {"Id": "share", "Expression": "SUM(bad) / SUM(all) * 300", "Label": "share"},
        ])["MetricDataResults"]
    assert [result["Label"] for result in results] == ["share"], results
    assert set(results[0]["Values"]) == {MISSED * 300 / (FOUND + MISSED + BROKEN + SILENT + FAILED)}, results


def alarms(protocol):
    """an alarm is put, set, described and deleted, by"""
    cloudwatch = client_of(protocol)
    name = "redirects of " + protocol
    cloudwatch.put_metric_alarm(  # of what this load has none of: OK whatever minute has just ended
        AlarmName=name, Namespace=NAMESPACE, MetricName="HTTPCode_ELB_3XX_Count", Dimensions=WHOLE,
        Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=0.5,
        ComparisonOperator="GreaterThanThreshold", TreatMissingData="notBreaching")
    alarm = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
    assert alarm["StateValue"] == "OK" and alarm["Threshold"] == 0.5, alarm
    assert alarm["Dimensions"] == WHOLE and alarm["AlarmArn"].endswith(":alarm:" + name), alarm
    cloudwatch.put_composite_alarm(AlarmName=name + " too", AlarmRule=f'NOT ALARM("{name}")')
    both = cloudwatch.describe_alarms(AlarmNamePrefix=name, AlarmTypes=["CompositeAlarm"])
    assert both["CompositeAlarms"][0]["StateValue"] == "ALARM", both
    cloudwatch.delete_alarms(AlarmNames=[name, name + " too"])
    try:
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="x")
        raise AssertionError("not refused")
    except ClientError as error:
        assert error.response["Error"]["Code"] == "ResourceNotFound", error.response


def own(protocol):
    """metrics of one's own are kept and listed, by"""
    cloudwatch = client_of(protocol)
    cloudwatch.put_metric_data(Namespace="Test " + protocol, MetricData=[
        {"MetricName": "m", "Values": [1.5, 2.5], "Counts": [2, 1], "Unit": "Bytes", "StorageResolution": 1,
         "Dimensions": [{"Name": "a", "Value": "b"}]}])
    listed = cloudwatch.list_metrics(Namespace="Test " + protocol)["Metrics"]
    assert listed == [{"Namespace": "Test " + protocol, "MetricName": "m",
                       "Dimensions": [{"Name": "a", "Value": "b"}]}], listed
    points = cloudwatch.get_metric_statistics(
        Namespace="Test " + protocol, MetricName="m", Dimensions=[{"Name": "a", "Value": "b"}], Period=21600,
        StartTime=BEGIN, EndTime=END, Statistics=["Sum", "Maximum"])["Datapoints"]
    assert [(point["Sum"], point["Maximum"]) for point in points] == [(5.5, 2.5)], points


def split(line):
    """A line's fields, split as AWS documents them: by blanks, but within quotation marks."""
    fields = []
    for i, part in enumerate(line.split('"')):
        fields += [part] if i % 2 else part.split()
    return fields


def logs():
    """the access log has a line of 33 fields for each request"""
    with open(ACCESS_LOG, encoding="ascii") as file:
        lines = [split(line) for line in file]
    assert {len(fields) for fields in lines} == {33}, lines
    assert len(lines) == FOUND + MISSED + METHOD + REFUSED + BROKEN + SILENT + FAILED, len(lines)
    statuses = [fields[8] for fields in lines]
    assert statuses.count("200") == FOUND and statuses.count("404") == MISSED, statuses
    found = next(fields for fields in lines if fields[8] == "200")
    assert found[0] == "http" and found[2] == BALANCER and found[9] == "200", found
    assert found[12] == f"GET {ALB_URL}/hello HTTP/1.1" and found[13].startswith("Python-urllib"), found
    assert found[17].startswith("Root=1-") and found[22] == "forward" and float(found[6]) >= 0, found
    assert sorted(tuple(fields[27:29]) for fields in lines if fields[27] != "-") == [
        ("Ambiguous", "BothTeClPresent"), ("Ambiguous", "SuspiciousHeader"), ("Severe", "BadMethod")], lines


def read_by(command):
    answer = subprocess.run(
        [command, "--endpoint-url", CONTROL_URL, "cloudwatch",
         "get-metric-statistics", "--namespace", NAMESPACE, "--metric-name", "HTTPCode_Target_2XX_Count",
         "--dimensions", f"Name=LoadBalancer,Value={BALANCER}", "--period", "21600", "--statistics", "Sum",
         "--start-time", BEGIN.isoformat(), "--end-time", END.isoformat(),
         "--query", "sum(Datapoints[].Sum)", "--output", "text"],
        capture_output=True, text=True, timeout=120, check=False)
    assert answer.returncode == 0 and float(answer.stdout) == FOUND, answer


def pypi_cli():
    """the AWS CLI of PyPI reads the same figures"""
    read_by(os.path.join(os.path.dirname(sys.executable), "aws"))


def system_cli():
    """the AWS CLI of this system reads the same figures"""
    assert claims.SYSTEM_CLI, "aws is not installed"
    read_by(claims.SYSTEM_CLI)


check(prepare)
check(load)
for protocol in ("smithy-rpc-v2-cbor", "json", "query"):
    check(counts, protocol)
    check(computes, protocol)
    check(alarms, protocol)
    check(own, protocol)
check(logs)
check(pypi_cli)
claims.check_system_cli(system_cli)
claims.end()
