# The Fargate home: a service for each slot. Terraform owns the task definition's settings; which
# revision a service runs, and how many tasks, belongs to the releases.

resource "aws_ecs_cluster" "this" {
  name = var.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}

resource "aws_ecs_service" "slot" {
  for_each = var.target_groups

  name                               = "${var.name}-${each.key}"
  cluster                            = aws_ecs_cluster.this.id
  task_definition                    = aws_ecs_task_definition.this.arn
  desired_count                      = local.first_tasks[each.key]
  platform_version                   = "LATEST"
  enable_execute_command             = var.execute_command
  enable_ecs_managed_tags            = true
  propagate_tags                     = "SERVICE"
  force_new_deployment               = true # else another share of Spot would be another service
  health_check_grace_period_seconds  = 30
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  availability_zone_rebalancing      = "ENABLED"

  capacity_provider_strategy {
    capacity_provider = "FARGATE"
    base              = var.on_demand_base
    weight            = 4 - var.spot_weight
  }

  dynamic "capacity_provider_strategy" {
    for_each = var.spot_weight > 0 ? [var.spot_weight] : []
    content {
      capacity_provider = "FARGATE_SPOT"
      weight            = capacity_provider_strategy.value
    }
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [aws_security_group.tasks.id]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = each.value.arn
    container_name   = local.container_name
    container_port   = var.port
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  lifecycle {
    ignore_changes = [task_definition, desired_count]
  }

  # What the first tasks need: without it they fail, and the circuit breaker gives up.
  depends_on = [
    aws_ecs_cluster_capacity_providers.this, aws_iam_role_policy.execution, aws_iam_role_policy.data,
    aws_vpc_security_group_egress_rule.alb_to_tasks, aws_vpc_security_group_ingress_rule.tasks_from_alb,
    aws_vpc_security_group_egress_rule.cidr, aws_vpc_security_group_egress_rule.gateway,
  ]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/ecs/${var.name}"
  retention_in_days = var.log_retention_days
}

data "aws_region" "here" {}
