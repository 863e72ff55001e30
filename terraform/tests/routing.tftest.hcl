# The rule: its weights when it is made, its pins, and that a later apply leaves the weights alone.

mock_provider "aws" {
  source = "./tests/mocks"
}

override_resource {
  target = aws_lb_target_group.lambda["a"]
  values = {
    arn        = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/lambda-a/0123456789abcdef"
    arn_suffix = "targetgroup/lambda-a/0123456789abcdef"
  }
}

override_resource {
  target = aws_lb_target_group.lambda["b"]
  values = {
    arn        = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/lambda-b/0123456789abcdef"
    arn_suffix = "targetgroup/lambda-b/0123456789abcdef"
  }
}

override_resource {
  target = aws_lb_target_group.fargate["a"]
  values = {
    arn        = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/fargate-a/0123456789abcdef"
    arn_suffix = "targetgroup/fargate-a/0123456789abcdef"
  }
}

override_resource {
  target = aws_lb_target_group.fargate["b"]
  values = {
    arn        = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/fargate-b/0123456789abcdef"
    arn_suffix = "targetgroup/fargate-b/0123456789abcdef"
  }
}

variables {
  name                   = "duet-dev"
  vpc_id                 = "vpc-0123456789abcdef0"
  listener_arn           = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/duet-dev/0123456789abcdef/0123456789abcdef"
  weights                = { lambda-a = 50, lambda-b = 0, fargate-a = 50, fargate-b = 0 }
  rule_epoch             = 1
  pin_secret             = "0123456789abcdef-secret"
  container_port         = 8080
  health_check           = { interval_s = 30, timeout_s = 5, healthy_threshold = 2, unhealthy_threshold = 2 }
  deregistration_delay_s = 30
}

run "made" {
  module {
    source = "./modules/routing"
  }

  assert {
    condition = jsonencode({
      for group in aws_lb_listener_rule.production.action[0].forward[0].target_group : split("/", group.arn)[1] => group.weight
    }) == jsonencode({ lambda-a = 50, lambda-b = 0, fargate-a = 50, fargate-b = 0 })
    error_message = "all four slots are in the rule, with their weights"
  }
  assert {
    condition     = alltrue([for group in concat(values(aws_lb_target_group.lambda), values(aws_lb_target_group.fargate)) : group.health_check[0].enabled && group.health_check[0].path == "/gtg"])
    error_message = "all four slots are probed at /gtg"
  }
  assert {
    condition     = alltrue([for group in values(aws_lb_target_group.lambda) : group.lambda_multi_value_headers_enabled])
    error_message = "events have multi-value headers"
  }
  assert {
    condition     = alltrue([for group in values(aws_lb_target_group.fargate) : group.deregistration_delay == "30" && group.port == 8080])
    error_message = "tasks: port 8080, 30 seconds to leave"
  }
  assert {
    condition     = alltrue([for group in concat(values(aws_lb_target_group.lambda), values(aws_lb_target_group.fargate)) : length(group.name_prefix) <= 6])
    error_message = "AWS takes no longer prefix"
  }
  assert {
    condition     = length(distinct(concat([aws_lb_listener_rule.production.priority], values(aws_lb_listener_rule.pin_header)[*].priority, values(aws_lb_listener_rule.pin_cookie)[*].priority))) == 9
    error_message = "no two rules have one priority"
  }
  assert {
    condition     = aws_lb_listener_rule.production.priority > max(values(aws_lb_listener_rule.pin_cookie)[*].priority...) && aws_lb_listener_rule.production.priority <= 50000
    error_message = "pins come first"
  }
  assert {
    condition     = nonsensitive(one(one(aws_lb_listener_rule.pin_header["lambda-b"].condition).http_header).values) == toset(["0123456789abcdef-secret.lambda-b"])
    error_message = "the header pins"
  }
  assert {
    condition     = nonsensitive(one(one(aws_lb_listener_rule.pin_cookie["fargate-b"].condition).http_header).values) == toset(["*duet-pin=0123456789abcdef-secret.fargate-b*"])
    error_message = "the cookie pins"
  }
  assert {
    condition     = alltrue([for slot, rule in aws_lb_listener_rule.pin_cookie : strcontains(rule.action[0].target_group_arn, "/${slot}/")])
    error_message = "a pin leads to its own slot"
  }
}

# Other weights in the configuration are what an apply in the middle of a canary sees.
run "a_later_apply_changes_no_weight" {
  module {
    source = "./modules/routing"
  }
  variables {
    weights = { lambda-a = 100, lambda-b = 0, fargate-a = 0, fargate-b = 0 }
  }

  assert {
    condition = jsonencode({
      for group in aws_lb_listener_rule.production.action[0].forward[0].target_group : split("/", group.arn)[1] => group.weight
    }) == jsonencode({ lambda-a = 50, lambda-b = 0, fargate-a = 50, fargate-b = 0 })
    error_message = "the weights belong to the canary"
  }
  assert {
    condition     = aws_lb_listener_rule.production.priority == run.made.priority
    error_message = "the rule is the same one"
  }
}

run "an_epoch_rebuilds_the_rule" {
  module {
    source = "./modules/routing"
  }
  variables {
    weights    = { lambda-a = 100, lambda-b = 0, fargate-a = 0, fargate-b = 0 }
    rule_epoch = 2
  }

  assert {
    condition = jsonencode({
      for group in aws_lb_listener_rule.production.action[0].forward[0].target_group : split("/", group.arn)[1] => group.weight
    }) == jsonencode({ lambda-a = 100, lambda-b = 0, fargate-a = 0, fargate-b = 0 })
    error_message = "the declared weights again"
  }
  assert {
    condition     = aws_lb_listener_rule.production.priority != run.made.priority
    error_message = "beside the old one, for as long as that is there"
  }
}

run "the_steady_state_is_no_news" {
  command = plan
  module {
    source = "./modules/steady_state"
  }
  variables {
    slots   = { "arn:a" = "lambda-a", "arn:b" = "lambda-b" }
    weights = { lambda-a = 50, lambda-b = 0 }
    live    = [{ arn = "arn:a", weight = 50 }, { arn = "arn:b", weight = 0 }]
  }
}

run "a_canary_is_told" {
  command = plan
  module {
    source = "./modules/steady_state"
  }
  variables {
    slots   = { "arn:a" = "lambda-a", "arn:b" = "lambda-b" }
    weights = { lambda-a = 50, lambda-b = 0 }
    live    = [{ arn = "arn:a", weight = 45 }, { arn = "arn:b", weight = 5 }]
  }
  expect_failures = [check.steady_state]
}

run "a_foreign_group_is_told" {
  command = plan
  module {
    source = "./modules/steady_state"
  }
  variables {
    slots   = { "arn:a" = "lambda-a", "arn:b" = "lambda-b" }
    weights = { lambda-a = 50, lambda-b = 0 }
    live    = [{ arn = "arn:a", weight = 50 }, { arn = "arn:c", weight = 0 }]
  }
  expect_failures = [check.steady_state]
}
