# What the four roles may do. Environments are told by their names, which begin with the service's.

locals {
  mine   = "${var.name}-*" # star: NAME-ENVIRONMENT
  region = var.region
  arn = {
    rule            = "arn:aws:elasticloadbalancing:${local.region}:${local.account}:listener-rule/app/${local.mine}/*/*/*" # star: numbers that AWS gives
    function        = "arn:aws:lambda:${local.region}:${local.account}:function:${local.mine}"
    service         = "arn:aws:ecs:${local.region}:${local.account}:service/${local.mine}/${local.mine}"
    task            = "arn:aws:ecs:${local.region}:${local.account}:task/${local.mine}/*"                  # star: numbers that AWS gives
    task_definition = "arn:aws:ecs:${local.region}:${local.account}:task-definition/${local.mine}:*"       # star: revisions
    scaling         = "arn:aws:application-autoscaling:${local.region}:${local.account}:scalable-target/*" # star: numbers that AWS gives
    role            = "arn:aws:iam::${local.account}:role/${local.mine}"
    parameter       = "arn:aws:ssm:${local.region}:${local.account}:parameter/${var.name}/*" # star: a parameter for each environment
    alarm           = "arn:aws:cloudwatch:${local.region}:${local.account}:alarm:${local.mine}"
  }
  here = { StringEquals = { "aws:RequestedRegion" = local.region } }

  reading = [ # star: names of reading calls
    "acm:Describe*", "acm:List*", "application-autoscaling:Describe*", "application-autoscaling:List*",
    "cloudwatch:Describe*", "cloudwatch:GetDashboard", "cloudwatch:List*",
    "dynamodb:Describe*", "dynamodb:List*", "ec2:Describe*", "ecr:Describe*", "ecr:GetLifecyclePolicy", "ecr:List*",
    "ecs:Describe*", "ecs:List*", "elasticloadbalancing:Describe*",
    "lambda:GetAlias", "lambda:GetFunction*", "lambda:GetPolicy", "lambda:List*",
    "logs:Describe*", "logs:List*", "sns:Get*", "sns:List*", "wafv2:Get*", "wafv2:List*",
  ]

  reading_statements = [
    {
      Sid       = "Read"
      Effect    = "Allow"
      Action    = local.reading
      Resource  = "*" # star: most of these calls have no resource
      Condition = local.here
    },
    {
      Sid      = "ReadGlobal"
      Effect   = "Allow"
      Action   = ["route53:GetChange", "route53:GetHostedZone", "route53:List*"] # star: names of reading calls
      Resource = "*"                                                             # star: the zone is the environment's to name
    },
    {
      Sid      = "ReadRoles"
      Effect   = "Allow"
      Action   = ["iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies", "iam:ListRoleTags"]
      Resource = local.arn.role
    },
    {
      Sid      = "ReadBuckets"
      Effect   = "Allow"
      Action   = ["s3:GetBucket*", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration", "s3:GetAccelerateConfiguration", "s3:GetReplicationConfiguration", "s3:ListBucket", "s3:ListTagsForResource"] # star: names of reading calls
      Resource = "arn:aws:s3:::${local.mine}"
    },
    {
      Sid      = "ReadState"
      Effect   = "Allow"
      Action   = "s3:GetObject"
      Resource = "${module.state_bucket.arn}/${var.name}/*" # star: a state for each environment
    },
  ]
}

locals {
  plan_policy = jsonencode({ Version = "2012-10-17", Statement = local.reading_statements })

  push_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Login"
        Effect   = "Allow"
        Action   = "ecr:GetAuthorizationToken"
        Resource = "*" # star: the token is of the registry, which is no resource
      },
      {
        Sid    = "Images"
        Effect = "Allow"
        Action = [
          "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages",
          "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
        ]
        Resource = aws_ecr_repository.this.arn
      },
      {
        Sid      = "Zips"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject"]
        Resource = "${module.artifact_bucket.arn}/lambda/*" # star: named by hash
      },
    ]
  })

  canary_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Look"
        Effect = "Allow"
        Action = [
          "application-autoscaling:DescribeScalableTargets", "cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData",
          "ecs:DescribeTaskDefinition", "ecs:ListTasks", "elasticloadbalancing:DescribeListeners",
          "elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTags",
          "elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth",
        ]
        Resource  = "*" # star: these calls have no resource
        Condition = local.here
      },
      {
        Sid      = "Weights"
        Effect   = "Allow"
        Action   = "elasticloadbalancing:ModifyRule"
        Resource = local.arn.rule
      },
      {
        Sid    = "Function"
        Effect = "Allow"
        Action = [
          "lambda:DeleteProvisionedConcurrencyConfig", "lambda:GetAlias", "lambda:GetFunction", "lambda:GetFunctionConfiguration",
          "lambda:GetProvisionedConcurrencyConfig", "lambda:ListVersionsByFunction", "lambda:PublishVersion",
          "lambda:PutProvisionedConcurrencyConfig", "lambda:UpdateAlias", "lambda:UpdateFunctionCode",
        ]
        Resource = [local.arn.function, "${local.arn.function}:*"] # star: versions and aliases
      },
      {
        Sid      = "Zips"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "${module.artifact_bucket.arn}/lambda/*" # star: named by hash
      },
      {
        Sid      = "Services"
        Effect   = "Allow"
        Action   = ["ecs:DescribeServices", "ecs:UpdateService", "ecs:DescribeTasks"]
        Resource = [local.arn.service, local.arn.task]
      },
      {
        Sid      = "Revisions"
        Effect   = "Allow"
        Action   = ["ecs:RegisterTaskDefinition", "ecs:TagResource"]
        Resource = local.arn.task_definition
      },
      {
        Sid       = "RolesOfTasks"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = "${local.arn.role}-fargate*" # star: the two roles of a task definition
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
      {
        Sid      = "Bounds"
        Effect   = "Allow"
        Action   = "application-autoscaling:RegisterScalableTarget"
        Resource = local.arn.scaling
      },
      {
        Sid      = "LockAndRecord"
        Effect   = "Allow"
        Action   = ["ssm:DeleteParameter", "ssm:GetParameter", "ssm:GetParametersByPath", "ssm:PutParameter"]
        Resource = local.arn.parameter
      },
    ]
  })
}
