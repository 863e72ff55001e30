# Four target groups, always all of them in one rule: a weight of 0 is enough to be probed, so that a
# slot is known to be healthy before it gets its first request.
#
# AWS makes the ends of their names, so that a group's successor can be there before the group goes.

locals {
  letters = toset(["a", "b"])
  groups = merge(
    { for letter, group in aws_lb_target_group.lambda : "lambda-${letter}" => group },
    { for letter, group in aws_lb_target_group.fargate : "fargate-${letter}" => group },
  )
}

# Probes of a Lambda group are invocations: at one in 30 s, 86,400 a month for each node of the load
# balancer and each slot; for two nodes and two slots that is less than 0.10 USD a month.
resource "aws_lb_target_group" "lambda" {
  for_each = local.letters

  name_prefix                        = "lam-${each.key}-"
  target_type                        = "lambda"
  lambda_multi_value_headers_enabled = true
  tags                               = { Name = "${var.name}-lambda-${each.key}", Slot = "lambda-${each.key}" }

  health_check {
    enabled             = true
    path                = "/gtg"
    matcher             = "200"
    interval            = var.health_check.interval_s
    timeout             = var.health_check.timeout_s
    healthy_threshold   = var.health_check.healthy_threshold
    unhealthy_threshold = var.health_check.unhealthy_threshold
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_target_group" "fargate" {
  for_each = local.letters

  name_prefix          = "far-${each.key}-"
  target_type          = "ip"
  protocol             = "HTTP"
  protocol_version     = "HTTP1"
  port                 = var.container_port
  vpc_id               = var.vpc_id
  deregistration_delay = var.deregistration_delay_s
  tags                 = { Name = "${var.name}-fargate-${each.key}", Slot = "fargate-${each.key}" }

  health_check {
    enabled             = true
    path                = "/gtg"
    matcher             = "200"
    protocol            = "HTTP"
    port                = "traffic-port"
    interval            = var.health_check.interval_s
    timeout             = var.health_check.timeout_s
    healthy_threshold   = var.health_check.healthy_threshold
    unhealthy_threshold = var.health_check.unhealthy_threshold
  }

  lifecycle {
    create_before_destroy = true
  }
}
