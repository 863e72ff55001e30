# What the guard may do: look, write the weights of one rule, keep its own notes, tell one topic, and set the
# tasks of its services with the bounds of their scaling.

data "aws_caller_identity" "here" {}
data "aws_region" "here" {}
data "aws_partition" "here" {}

locals {
  here = "${data.aws_region.here.region}:${data.aws_caller_identity.here.account_id}"
  aws  = "arn:${data.aws_partition.here.partition}"
}

resource "aws_iam_role" "this" {
  name                 = "${var.name}-guard"
  permissions_boundary = var.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "guard"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.this.arn}:*" # star: the group's streams
      },
      {
        Sid    = "Look"
        Effect = "Allow"
        Action = [
          "elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTags", "elasticloadbalancing:DescribeTargetHealth",
          "cloudwatch:GetMetricData", "application-autoscaling:DescribeScalableTargets", "xray:PutTraceSegments", "xray:PutTelemetryRecords",
        ]
        Resource = "*" # star: none of these has resources
      },
      {
        Sid      = "Weights"
        Effect   = "Allow"
        Action   = "elasticloadbalancing:ModifyRule"
        Resource = var.rule_arn
      },
      {
        Sid      = "Lock"
        Effect   = "Allow"
        Action   = "ssm:GetParameter"
        Resource = [for name in distinct([var.canary_lock, "/duet/canary"]) : "${local.aws}:ssm:${local.here}:parameter${name}"] # the second: a plan's that names none
      },
      {
        Sid    = "Notes"
        Effect = "Allow"
        Action = ["ssm:GetParameter", "ssm:PutParameter", "ssm:DeleteParameter", "ssm:GetParametersByPath"]
        Resource = [
          "${local.aws}:ssm:${local.here}:parameter${var.parameter}",
          "${local.aws}:ssm:${local.here}:parameter${var.parameter}/*", # star: its history
        ]
      },
      {
        Sid      = "Tasks"
        Effect   = "Allow"
        Action   = ["ecs:DescribeServices", "ecs:UpdateService"]
        Resource = [for name in var.service_names : "${local.aws}:ecs:${local.here}:service/${var.cluster_name}/${name}"]
      },
      {
        Sid      = "Scaling"
        Effect   = "Allow"
        Action   = "application-autoscaling:RegisterScalableTarget"
        Resource = "${local.aws}:application-autoscaling:${local.here}:scalable-target/*" # star: their names are AWS's
        Condition = {
          StringEquals = {
            "application-autoscaling:service-namespace"  = "ecs"
            "application-autoscaling:scalable-dimension" = "ecs:service:DesiredCount"
          }
        }
      },
      {
        Sid      = "Tell"
        Effect   = "Allow"
        Action   = "sns:Publish"
        Resource = var.topic_arn
      },
    ]
  })
}
