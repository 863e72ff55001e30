# The parts around the homes: what a task can reach, what is kept, who is told.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "endpoints" {
  command = plan
  module {
    source = "./modules/endpoints"
  }
  variables {
    name            = "duet-dev"
    vpc_id          = "vpc-0123456789abcdef0"
    vpc_cidr        = "10.0.0.0/16"
    subnet_ids      = ["subnet-1", "subnet-2"]
    route_table_ids = ["rtb-1"]
    table_arn       = "arn:aws:dynamodb:eu-west-1:123456789012:table/duet-dev"
    execute_command = false
  }

  assert {
    condition     = jsonencode(output.interface_services) == jsonencode(["ecr.api", "ecr.dkr", "logs", "ssm"])
    error_message = "what tasks call, and no more"
  }
  assert {
    condition     = alltrue([for endpoint in aws_vpc_endpoint.interface : endpoint.private_dns_enabled && jsondecode(endpoint.policy).Statement[0].Condition.StringEquals["aws:PrincipalAccount"] == "123456789012"])
    error_message = "for this account alone"
  }
  assert {
    condition     = jsondecode(aws_vpc_endpoint.dynamodb.policy).Statement[0].Resource[0] == "arn:aws:dynamodb:eu-west-1:123456789012:table/duet-dev"
    error_message = "one table can be reached"
  }
  assert {
    condition     = jsondecode(aws_vpc_endpoint.s3.policy).Statement[0].Action == "s3:GetObject" && strcontains(jsondecode(aws_vpc_endpoint.s3.policy).Statement[0].Resource, "starport-layer")
    error_message = "of S3, the layers of images"
  }
}

run "endpoints_to_enter_tasks" {
  command = plan
  module {
    source = "./modules/endpoints"
  }
  variables {
    name            = "duet-dev"
    vpc_id          = "vpc-0123456789abcdef0"
    vpc_cidr        = "10.0.0.0/16"
    subnet_ids      = ["subnet-1", "subnet-2"]
    route_table_ids = ["rtb-1"]
    table_arn       = "arn:aws:dynamodb:eu-west-1:123456789012:table/duet-dev"
    execute_command = true
  }

  assert {
    condition     = contains(output.interface_services, "ssmmessages")
    error_message = "the way in has its endpoint"
  }
}

run "data" {
  module {
    source = "./modules/data"
  }
  variables {
    name                = "duet-dev"
    deletion_protection = true
  }

  assert {
    condition     = aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST" && aws_dynamodb_table.this.deletion_protection_enabled && aws_dynamodb_table.this.point_in_time_recovery[0].enabled && aws_dynamodb_table.this.server_side_encryption[0].enabled
    error_message = "on demand, protected, with a past, encrypted"
  }
  assert {
    condition     = aws_dynamodb_table.this.hash_key == "pk" && aws_dynamodb_table.this.range_key == "sk" && aws_dynamodb_table.this.ttl[0].attribute_name == "expires"
    error_message = "the keys of runtime/store"
  }
  assert {
    condition     = jsonencode(jsondecode(output.access_policy).Statement[*].Resource) == jsonencode([aws_dynamodb_table.this.arn]) && !strcontains(output.access_policy, "*")
    error_message = "a home may do six things, with one table"
  }
}

run "observability" {
  module {
    source = "./modules/observability"
  }
  variables {
    name            = "duet-dev"
    alb_arn_suffix  = "app/duet-dev/0"
    target_groups   = { for slot in ["lambda-a", "lambda-b", "fargate-a", "fargate-b"] : slot => { arn = "arn:${slot}", arn_suffix = "targetgroup/${slot}/0", name = slot } }
    function_name   = "duet-dev"
    cluster_name    = "duet-dev"
    service_names   = { a = "duet-dev-a", b = "duet-dev-b" }
    thresholds      = { error_percent = 1, min_requests = 100, p99_s = 1, lambda_errors = 5 }
    email_addresses = ["on-call@example.com"]
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.errors) == 4 && length(aws_cloudwatch_metric_alarm.latency) == 4 && length(aws_cloudwatch_metric_alarm.unhealthy) == 4 && jsonencode(keys(aws_cloudwatch_metric_alarm.lambda)) == jsonencode(["a Errors", "a Throttles", "b Errors", "b Throttles"])
    error_message = "each slot has its alarms"
  }
  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.errors : alarm.threshold == 1 && one([for query in alarm.metric_query : query.expression if query.id == "percent"]) == "IF(requests >= 100, 100 * FILL(errors, 0) / requests, 0)"])
    error_message = "one percent of at least 100 requests; a minute without errors has no data of them"
  }
  assert {
    condition = alltrue([for alarm in aws_cloudwatch_metric_alarm.lambda : alarm.comparison_operator == "GreaterThanOrEqualToThreshold" && contains(["duet-dev:a", "duet-dev:b"], alarm.dimensions.Resource)]) && alltrue([
      for alarm in concat(values(aws_cloudwatch_metric_alarm.errors), values(aws_cloudwatch_metric_alarm.latency), values(aws_cloudwatch_metric_alarm.unhealthy)) : alarm.comparison_operator == "GreaterThanThreshold"
    ])
    error_message = "above, and each Lambda slot by its alias"
  }
  assert {
    condition     = length(split(" OR ", aws_cloudwatch_composite_alarm.any.alarm_rule)) == 16 && length(aws_cloudwatch_composite_alarm.any.alarm_rule) <= 10240
    error_message = "one alarm stands for all of them"
  }
  assert {
    condition     = jsonencode(aws_cloudwatch_composite_alarm.any.alarm_actions) == jsonencode([aws_sns_topic.alarms.arn])
    error_message = "it tells the topic"
  }
  assert {
    condition     = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.errors), values(aws_cloudwatch_metric_alarm.latency)) : alarm.treat_missing_data == "notBreaching"])
    error_message = "no requests are no alarm"
  }
  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 8 && alltrue([for slot in ["lambda-a", "lambda-b", "fargate-a", "fargate-b"] : strcontains(aws_cloudwatch_dashboard.this.dashboard_body, "targetgroup/${slot}/0")])
    error_message = "the dashboard has all four slots"
  }
}

run "waf" {
  command = plan
  module {
    source = "./modules/waf"
  }
  variables {
    name               = "duet-prod"
    alb_arn            = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/duet-prod/0123456789abcdef"
    rate_limit         = 10000
    log_retention_days = 30
  }

  assert {
    condition = jsonencode(flatten([for rule in aws_wafv2_web_acl.this.rule : [
      for group in rule.statement[0].managed_rule_group_statement : group.rule_action_override[*].name
    ]])) == jsonencode(["SizeRestrictions_BODY"])
    error_message = "a body over 8 KiB is the homes' to take; all else that AWS's lists refuse is refused"
  }
  assert {
    condition     = one([for rule in aws_wafv2_web_acl.this.rule : rule if rule.name == "rate"]).statement[0].rate_based_statement[0].limit == 10000
    error_message = "an address has its limit"
  }
}

run "guard" {
  module {
    source = "./modules/guard"
  }
  variables {
    name                     = "duet-dev"
    zip                      = { bucket = "duet-artifacts", key = "guard/1.zip" }
    architecture             = "arm64"
    policy                   = "{\"health\":{\"looks\":3},\"fargate\":{\"tasks\":4}}"
    rule_arn                 = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener-rule/app/duet-dev/1/2/3"
    parameter                = "/duet/dev/guard"
    canary_lock              = "/duet/dev/canary"
    topic_arn                = "arn:aws:sns:eu-west-1:123456789012:duet-dev-alarms"
    cluster_name             = "duet-dev"
    service_names            = ["duet-dev-a", "duet-dev-b"]
    pin_secret               = "0123456789abcdef-secret"
    log_retention_days       = 30
    permissions_boundary_arn = null
  }

  assert {
    condition     = jsondecode(aws_lambda_function.this.environment[0].variables.GUARD_POLICY).lock == "/duet/dev/canary" && jsondecode(aws_lambda_function.this.environment[0].variables.GUARD_POLICY).health.looks == 3
    error_message = "the architecture's rule and lock, and the rest as it was given"
  }
  assert {
    condition     = jsondecode(aws_lambda_function.this.environment[0].variables.GUARD_POLICY).fargate == { cluster = "duet-dev", services = ["duet-dev-a", "duet-dev-b"], tasks = 4 }
    error_message = "each slot's service, and as many tasks as it was given"
  }
  assert {
    condition     = sort(flatten([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Action if contains(["Tasks", "Scaling"], statement.Sid)])) == tolist(["application-autoscaling:RegisterScalableTarget", "ecs:DescribeServices", "ecs:UpdateService"]) && one([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : length(statement.Resource) if statement.Sid == "Tasks"]) == 2
    error_message = "what it does with tasks, to its two services alone"
  }
  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == 2 && aws_lambda_function.this.timeout >= 80 && aws_lambda_function_event_invoke_config.this.maximum_retry_attempts == 0
    error_message = "the next minute's guard beside the last one, which has time to end; and nothing twice"
  }
  assert {
    condition     = aws_cloudwatch_event_rule.this["minute"].schedule_expression == "rate(1 minute)" && jsondecode(aws_cloudwatch_event_rule.this["alarm"].event_pattern).detail.alarmName[0].prefix == "duet-dev-"
    error_message = "each minute, and at an alarm of its own architecture"
  }
  assert {
    condition     = one([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource if statement.Sid == "Weights"]) == var.rule_arn && !contains(flatten([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : [for resource in flatten([statement.Resource]) : statement.Sid if resource == "*"]]), "Tasks")
    error_message = "it writes one rule, and services of one cluster"
  }
  assert {
    condition     = alltrue([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : !contains(flatten([statement.Resource]), "*") || statement.Sid == "Look"])
    error_message = "only what looks may look at all"
  }
}
