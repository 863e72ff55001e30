#!/usr/bin/env python3
"""state.py COMMAND FILE: looks at, or changes, a state file of Terraform, for run.sh.

edit      writes what a canary and a release do behind Terraform's back. A provider that makes no
          request reads it back, as it would read AWS
released  prints what `edit` wrote, as it stands in the state
wired     how the parts are put together: the chain of times, both homes' settings, who reaches whom,
          what is there before what
buckets   each is versioned, encrypted, private, and reached by TLS alone
Exit status: 0 done, or as it must be; 1 not.
"""
import json
import sys


def resources(state):
    """Type, full name, key and attributes of all that Terraform manages."""
    for resource in state["resources"]:
        if resource["mode"] == "managed":
            name = f'{resource.get("module", "")}.{resource["name"]}'
            for instance in resource["instances"]:
                yield resource["type"], name, instance.get("index_key"), instance["attributes"]


def production_groups(values):
    return values["action"][0]["forward"][0]["target_group"]


def edit(path, state):
    edited = set()
    for kind, name, key, values in resources(state):
        if kind == "aws_lb_listener_rule" and name.endswith(".production"):
            for i, group in enumerate(production_groups(values)):
                group["weight"] = 7 + i
        elif kind == "aws_lambda_function":
            values.update(s3_key="lambda/other.zip", source_code_hash="b3RoZXI=", code_sha256="b3RoZXI=")
        elif kind == "aws_lambda_alias" and key == "b":
            values["function_version"] = "41"
        elif kind == "aws_ecs_service" and key == "b":
            values.update(task_definition=values["task_definition"] + "7", desired_count=3)
        elif kind == "aws_appautoscaling_target" and key == "b":
            values["min_capacity"] = 3
        else:
            continue
        edited.add(kind)
    assert len(edited) == 5, f"only these were there to be changed: {edited}"
    state["serial"] += 1
    with open(path, "w") as file:
        json.dump(state, file)


def released(_, state):
    for kind, name, key, values in resources(state):
        if kind == "aws_lb_listener_rule" and name.endswith(".production"):
            print("weights", sorted(group["weight"] for group in production_groups(values)))
        elif kind == "aws_lambda_function":
            print(kind, values["s3_key"], values["source_code_hash"])
        elif kind == "aws_lambda_alias":
            print(kind, key, values["function_version"])
        elif kind == "aws_ecs_service":
            print(kind, key, values["task_definition"], values["desired_count"])
        elif kind == "aws_appautoscaling_target":
            print(kind, key, values["min_capacity"])


def wired(_, state):
    found = {}
    for kind, name, _, values in resources(state):
        found.setdefault(kind, []).append((name, values))
    first = {kind: values[0][1] for kind, values in found.items()}
    times_and_settings(found, first)
    ways(found)
    order(state)


def order(state):
    """By Terraform's own record of what each resource waits for; a plan's order alone may be luck."""
    waits = {}
    for resource in state["resources"]:
        for instance in resource["instances"]:
            waits.setdefault(resource["type"], set()).update(instance.get("dependencies", []))
    needed = {
        # AWS refuses a load balancer in a VPC without a way out.
        "aws_lb": ["module.network.aws_route.internet", "module.network.aws_route_table_association.public"],
        # Tasks that cannot pull, log, or be reached fail, and the circuit breaker gives up.
        "aws_ecs_service": [
            "module.endpoints.aws_vpc_endpoint.interface",
            "module.endpoints.aws_vpc_endpoint.s3",
            "module.fargate_home.aws_vpc_security_group_egress_rule.cidr",
            "module.fargate_home.aws_vpc_security_group_egress_rule.gateway",
            "module.fargate_home.aws_vpc_security_group_ingress_rule.tasks_from_alb",
            "module.fargate_home.aws_iam_role_policy.execution",
            "module.network.aws_route_table_association.private",
            "module.routing.aws_lb_listener_rule.production",
        ],
        "aws_lb_target_group_attachment": ["module.lambda_home.aws_lambda_permission.alb"],
    }
    for kind, names in needed.items():
        missing = set(names) - waits[kind]
        assert not missing, f"{kind} does not wait for {missing}"


def times_and_settings(found, first):
    container = json.loads(first["aws_ecs_task_definition"]["container_definitions"])[0]
    tasks = {entry["name"]: entry["value"] for entry in container["environment"]}
    function = first["aws_lambda_function"]

    chain = [
        int(tasks["DUET_REQUEST_TIMEOUT_MS"]) / 1000,
        function["timeout"],
        first["aws_lb"]["idle_timeout"],
        int(tasks["DUET_IDLE_TIMEOUT_S"]),
    ]
    assert chain == sorted(set(chain)), f"deadline, function, load balancer, keep-alive: {chain}"
    leaving = int(tasks["DUET_LAME_DUCK_S"]) + int(tasks["DUET_DRAIN_S"])
    assert leaving < container["stopTimeout"], (leaving, container["stopTimeout"])
    for name, group in found["aws_lb_target_group"]:
        assert group["target_type"] == "lambda" or leaving <= float(group["deregistration_delay"]), name

    for name, value in function["environment"][0]["variables"].items():
        assert tasks[name] == value, f"the homes differ in {name}"
    assert tasks["DUET_STORE"] == "dynamodb:" + first["aws_dynamodb_table"]["name"], tasks


def ways(found):
    alb = {group["id"] for name, group in found["aws_security_group"] if name.startswith("module.alb")}
    for name, rule in found["aws_vpc_security_group_ingress_rule"]:
        assert rule["cidr_ipv4"] != "0.0.0.0/0" or rule["security_group_id"] in alb, f"{name} lets everybody in"
    public = {table["id"] for name, table in found["aws_route_table"] if name.endswith(".public")}
    for name, route in found["aws_route"]:
        assert route["route_table_id"] in public, f"{name} leads private subnets out"
    assert "aws_nat_gateway" not in found
    private = {subnet["id"] for name, subnet in found["aws_subnet"] if name.endswith(".private")}
    for name, service in found["aws_ecs_service"]:
        network = service["network_configuration"][0]
        assert set(network["subnets"]) <= private and not network["assign_public_ip"], f"{name} is public"


def buckets(_, state):
    found = {}
    for kind, _, _, values in resources(state):
        found.setdefault(kind, {})[values.get("bucket")] = values
    assert found["aws_s3_bucket"]
    for name in found["aws_s3_bucket"]:
        assert found["aws_s3_bucket_versioning"][name]["versioning_configuration"][0]["status"] == "Enabled", name
        assert found["aws_s3_bucket_server_side_encryption_configuration"][name]["rule"], name
        block = found["aws_s3_bucket_public_access_block"][name]
        assert all(block[key] for key in block if key.startswith(("block_", "ignore_", "restrict_"))), name
        policy = json.loads(found["aws_s3_bucket_policy"][name]["policy"])
        assert any(
            statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            for statement in policy["Statement"]
        ), f"{name} is reached without TLS"


def main(arguments):
    commands = {"edit": edit, "released": released, "wired": wired, "buckets": buckets}
    if len(arguments) != 2 or arguments[0] not in commands:
        print(__doc__, file=sys.stderr)
        return 1
    with open(arguments[1]) as file:
        state = json.load(file)
    commands[arguments[0]](arguments[1], state)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
