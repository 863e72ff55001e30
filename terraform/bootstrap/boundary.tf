# The most that a role of an environment may do, whatever its policies say. The role apply makes no role
# without it: else it could make itself one that may do anything.

resource "aws_iam_policy" "boundary" {
  name        = "ci-${var.name}-boundary"
  description = "The most that roles of environments may do"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid      = "Store"
        Effect   = "Allow"
        Action   = ["dynamodb:DeleteItem", "dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
        Resource = "arn:aws:dynamodb:${local.region}:${local.account}:table/${local.mine}"
      },
      {
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        Resource = [for place in ["/*/", "/"] : "arn:aws:logs:${local.region}:${local.account}:log-group:${place}${local.mine}"] # star: /ecs/, /aws/lambda/
      },
      {
        Sid      = "Images"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = aws_ecr_repository.this.arn
      },
      ], [for sid, actions in {
        Login  = ["ecr:GetAuthorizationToken"]
        Traces = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
        Enter  = ["ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"]
        Network = [
          "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
          "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
        ]
        } : {
        Sid      = sid
        Effect   = "Allow"
        Action   = actions
        Resource = "*" # star: these have no resource, or one that AWS names
    }])
  })
}
