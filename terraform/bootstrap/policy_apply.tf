# What makes environments may change much, but nothing whose name is another service's, and no role of
# the workflows themselves.

locals {
  apply_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(local.reading_statements, [
      {
        Sid    = "Network"
        Effect = "Allow"
        Action = [ # star: calls on one kind of thing, as rules of security groups
          "ec2:AssociateRouteTable", "ec2:AttachInternetGateway", "ec2:AuthorizeSecurityGroup*", "ec2:CreateFlowLogs",
          "ec2:CreateInternetGateway", "ec2:CreateRoute", "ec2:CreateRouteTable", "ec2:CreateSecurityGroup", "ec2:CreateSubnet",
          "ec2:CreateTags", "ec2:CreateVpc", "ec2:CreateVpcEndpoint", "ec2:DeleteFlowLogs", "ec2:DeleteInternetGateway", "ec2:DeleteRoute*", "ec2:DeleteSecurityGroup", "ec2:DeleteSubnet", "ec2:DeleteTags",
          "ec2:DeleteVpc*", "ec2:DetachInternetGateway", "ec2:DisassociateRouteTable", "ec2:ModifySecurityGroupRules",
          "ec2:ModifySubnetAttribute", "ec2:ModifyVpc*", "ec2:ReplaceRoute*", "ec2:RevokeSecurityGroup*", "ec2:UpdateSecurityGroup*",
        ]
        Resource  = "*" # star: a network's parts have numbers for names; the region is all that can be asked
        Condition = local.here
      },
      {
        Sid      = "SeeTheCanarysLock"
        Effect   = "Allow"
        Action   = "ssm:GetParameter"
        Resource = local.arn.parameter
      },
      {
        Sid    = "LoadBalancer"
        Effect = "Allow"
        Action = [
          "elasticloadbalancing:AddTags", "elasticloadbalancing:CreateListener", "elasticloadbalancing:CreateLoadBalancer",
          "elasticloadbalancing:CreateRule", "elasticloadbalancing:CreateTargetGroup", "elasticloadbalancing:DeleteListener",
          "elasticloadbalancing:DeleteLoadBalancer", "elasticloadbalancing:DeleteRule", "elasticloadbalancing:DeleteTargetGroup",
          "elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:ModifyListener", "elasticloadbalancing:ModifyListenerAttributes",
          "elasticloadbalancing:ModifyLoadBalancerAttributes", "elasticloadbalancing:ModifyRule", "elasticloadbalancing:ModifyTargetGroup",
          "elasticloadbalancing:ModifyTargetGroupAttributes", "elasticloadbalancing:RegisterTargets", "elasticloadbalancing:RemoveTags",
          "elasticloadbalancing:SetIpAddressType", "elasticloadbalancing:SetRulePriorities", "elasticloadbalancing:SetSecurityGroups",
          "elasticloadbalancing:SetSubnets", "elasticloadbalancing:SetWebAcl",
        ]
        Resource = [
          "arn:aws:elasticloadbalancing:${local.region}:${local.account}:loadbalancer/app/${local.mine}/*",  # star: numbers that AWS gives
          "arn:aws:elasticloadbalancing:${local.region}:${local.account}:listener/app/${local.mine}/*",      # star: likewise
          "arn:aws:elasticloadbalancing:${local.region}:${local.account}:listener-rule/app/${local.mine}/*", # star: likewise
          "arn:aws:elasticloadbalancing:${local.region}:${local.account}:targetgroup/lam-*",                 # star: likewise
          "arn:aws:elasticloadbalancing:${local.region}:${local.account}:targetgroup/far-*",                 # star: likewise
        ]
      },
      {
        Sid    = "Homes"
        Effect = "Allow"
        Action = [
          "lambda:AddPermission", "lambda:CreateAlias", "lambda:CreateFunction", "lambda:DeleteAlias", "lambda:DeleteFunction",
          "lambda:DeleteFunctionConcurrency", "lambda:PublishVersion", "lambda:PutFunctionConcurrency", "lambda:RemovePermission",
          "lambda:TagResource", "lambda:UntagResource", "lambda:UpdateAlias", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration",
          "ecs:CreateCluster", "ecs:CreateService", "ecs:DeleteCluster", "ecs:DeleteService", "ecs:PutClusterCapacityProviders",
          "ecs:RegisterTaskDefinition", "ecs:TagResource", "ecs:UntagResource", "ecs:UpdateCluster", "ecs:UpdateClusterSettings", "ecs:UpdateService",
          "dynamodb:CreateTable", "dynamodb:DeleteTable", "dynamodb:TagResource", "dynamodb:UntagResource", "dynamodb:UpdateContinuousBackups",
          "dynamodb:UpdateTable", "dynamodb:UpdateTimeToLive",
          "sns:CreateTopic", "sns:DeleteTopic", "sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource", "sns:UntagResource",
          "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DeleteRetentionPolicy", "logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource",
          "cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource",
        ]
        Resource = [
          local.arn.function, "${local.arn.function}:*", # star: versions and aliases
          local.arn.service, local.arn.task_definition, local.arn.alarm,
          "arn:aws:ecs:${local.region}:${local.account}:cluster/${local.mine}",
          "arn:aws:dynamodb:${local.region}:${local.account}:table/${local.mine}",
          "arn:aws:sns:${local.region}:${local.account}:${local.mine}",
          "arn:aws:logs:${local.region}:${local.account}:log-group:/*/${local.mine}",           # star: /ecs/, /aws/lambda/
          "arn:aws:logs:${local.region}:${local.account}:log-group:/${local.mine}",             # star: flow logs
          "arn:aws:logs:${local.region}:${local.account}:log-group:aws-waf-logs-${local.mine}", # star: by name
          "arn:aws:cloudwatch::${local.account}:dashboard/${local.mine}",
        ]
      },
      {
        Sid    = "WithoutResource"
        Effect = "Allow"
        Action = [
          "ecs:DeregisterTaskDefinition", "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:PutResourcePolicy",
          "acm:AddTagsToCertificate", "acm:DeleteCertificate", "acm:RequestCertificate", "sns:Unsubscribe",
          "cloudwatch:DeleteAlarms", "cloudwatch:PutCompositeAlarm", # composite alarms want a star
          "application-autoscaling:DeleteScalingPolicy", "application-autoscaling:DeregisterScalableTarget",
          "application-autoscaling:PutScalingPolicy", "application-autoscaling:RegisterScalableTarget", "application-autoscaling:TagResource",
          "wafv2:AssociateWebACL", "wafv2:CreateWebACL", "wafv2:DeleteLoggingConfiguration", "wafv2:DeleteWebACL",
          "wafv2:DisassociateWebACL", "wafv2:PutLoggingConfiguration", "wafv2:TagResource", "wafv2:UpdateWebACL",
        ]
        Resource  = "*" # star: these have no resource, or one whose number AWS gives
        Condition = local.here
      },
      {
        Sid    = "Roles"
        Effect = "Allow"
        Action = [
          "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
          "iam:UpdateRoleDescription",
        ]
        Resource = local.arn.role
      },
      {
        Sid       = "RolesWithin"
        Effect    = "Allow"
        Action    = ["iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
        Resource  = local.arn.role
        Condition = { StringEquals = { "iam:PermissionsBoundary" = aws_iam_policy.boundary.arn } }
      },
      {
        Sid       = "RolesOfHomes"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = local.arn.role
        Condition = { StringEquals = { "iam:PassedToService" = ["ecs-tasks.amazonaws.com", "lambda.amazonaws.com", "vpc-flow-logs.amazonaws.com"] } }
      },
      {
        Sid      = "PrivateNames"
        Effect   = "Allow"
        Action   = "route53:AssociateVPCWithHostedZone"
        Resource = "arn:aws:route53:::hostedzone/*" # star: an endpoint's private names are a zone of AWS's
      },
      {
        Sid       = "FirstInTheAccount"
        Effect    = "Allow"
        Action    = "iam:CreateServiceLinkedRole"
        Resource  = "arn:aws:iam::${local.account}:role/aws-service-role/*" # star: their names are AWS's
        Condition = { StringEquals = { "iam:AWSServiceName" = ["ecs.amazonaws.com", "elasticloadbalancing.amazonaws.com", "ecs.application-autoscaling.amazonaws.com"] } }
      },
      {
        Sid      = "LogBuckets"
        Effect   = "Allow"
        Action   = "s3:*"                                                                                                             # star: on the buckets of access logs alone
        Resource = ["arn:aws:s3:::${local.mine}-alb-logs-${local.account}", "arn:aws:s3:::${local.mine}-alb-logs-${local.account}/*"] # star: objects
      },
      {
        Sid      = "FirstZip"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "${module.artifact_bucket.arn}/lambda/*" # star: named by hash
      },
      {
        Sid      = "WriteState"
        Effect   = "Allow"
        Action   = ["s3:DeleteObject", "s3:PutObject"]        # the lock is deleted
        Resource = "${module.state_bucket.arn}/${var.name}/*" # star: a state for each environment
      },
      ], [for id in var.zone_ids : {
        Sid      = "Names${id}"
        Effect   = "Allow"
        Action   = "route53:ChangeResourceRecordSets"
        Resource = "arn:aws:route53:::hostedzone/${id}"
    }])
  })
}
