# Two roles: ECS's own, which pulls the image and writes the log, and the code's, which uses the table.

locals {
  trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.here.account_id } }
    }]
  })

  # ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY@sha256:DIGEST
  repository = split("@", var.image)[0]
  ecr_form   = "^([0-9]{12})\\.dkr\\.ecr\\.([a-z0-9-]+)\\.amazonaws\\.com/(.+)$"

  repository_is_ecr = can(regex(local.ecr_form, local.repository))
  ecr               = try(regex(local.ecr_form, local.repository), ["", "", ""])
}

resource "aws_iam_role" "execution" {
  name                 = "${var.name}-fargate-start"
  assume_role_policy   = local.trust
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "execution" {
  name = "start"
  role = aws_iam_role.execution.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([{
      Sid      = "Log"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.this.arn}:*" # star: the group's streams
      }], [for statement in [
      {
        Sid      = "Login"
        Effect   = "Allow"
        Action   = "ecr:GetAuthorizationToken"
        Resource = "*" # star: the token is of the registry, which is no resource
      },
      {
        Sid      = "Pull"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = "arn:aws:ecr:${local.ecr[1]}:${local.ecr[0]}:repository/${local.ecr[2]}"
      },
    ] : statement if local.repository_is_ecr])
  })
}

resource "aws_iam_role" "task" {
  name                 = "${var.name}-fargate"
  assume_role_policy   = local.trust
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "data" {
  name   = "data"
  role   = aws_iam_role.task.id
  policy = var.data_policy
}

resource "aws_iam_role_policy" "execute_command" {
  count = var.execute_command ? 1 : 0

  name = "execute-command"
  role = aws_iam_role.task.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Action = [
        "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
      ]
      Resource = "*" # star: these actions have no resources
    }]
  })
}

data "aws_caller_identity" "here" {}
