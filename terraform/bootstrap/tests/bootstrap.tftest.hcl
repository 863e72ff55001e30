# What keeps the keys: whom the roles trust, and what each may not do.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_resource "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::duet-123456789012" }
  }
  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/ci-duet-boundary" }
  }
  mock_resource "aws_ecr_repository" {
    defaults = { arn = "arn:aws:ecr:eu-west-1:123456789012:repository/duet" }
  }
}

variables {
  github = { owner = "octo", owner_id = 12, repository = "duet", repository_id = 34 }
}

run "made" {
  assert {
    condition = jsonencode(jsondecode(aws_iam_role.ci["push"].assume_role_policy).Statement[0].Condition.StringEquals) == jsonencode({
      "token.actions.githubusercontent.com:aud"           = "sts.amazonaws.com"
      "token.actions.githubusercontent.com:environment"   = ["pr", "release"]
      "token.actions.githubusercontent.com:repository_id" = "34"
      "token.actions.githubusercontent.com:sub"           = ["repo:octo/duet:environment:pr", "repo:octo/duet:environment:release", "repo:octo@12/duet@34:environment:pr", "repo:octo@12/duet@34:environment:release"]
    })
    error_message = "a role trusts one repository, in one environment, by every claim"
  }
  assert {
    condition     = toset(keys(output.role_arns)) == toset(["plan", "push", "apply", "canary"])
    error_message = "four roles"
  }
  assert {
    condition     = alltrue([for role in aws_iam_role.ci : !strcontains(role.assume_role_policy, "*")])
    error_message = "nobody is trusted by a pattern"
  }
  assert {
    condition = alltrue(flatten([for statement in jsondecode(aws_iam_role_policy.ci["plan"].policy).Statement : [
      for action in flatten([statement.Action]) : can(regex("^[a-z0-9-]+:(Describe|Get|List)", action))
    ]]))
    error_message = "plan reads"
  }
  assert {
    condition     = !strcontains(aws_iam_role_policy.ci["plan"].policy, "s3:GetObject\",\"Effect\":\"Allow\",\"Resource\":\"*")
    error_message = "plan reads no object but states"
  }
  assert {
    condition     = alltrue([for role in ["canary", "push", "plan"] : !strcontains(aws_iam_role_policy.ci[role].policy, "iam:Put") && !strcontains(aws_iam_role_policy.ci[role].policy, ":*\",\"Effect")])
    error_message = "only apply changes roles, or has all of a service"
  }
  assert {
    condition     = alltrue([for policy in aws_iam_role_policy.ci : length(policy.policy) <= 10240])
    error_message = "AWS takes no longer policy of a role"
  }
  assert {
    condition = jsonencode(distinct(flatten([for role in keys(aws_iam_role.ci) : [
      for statement in jsondecode(aws_iam_role_policy.ci[role].policy).Statement : [for action in flatten([statement.Action]) : "${role} ${action}" if endswith(action, ":*")]
    ]]))) == jsonencode(["apply s3:*"])
    error_message = "nobody has all of a service, but apply of the buckets of access logs"
  }
  assert {
    condition = alltrue(flatten([for statement in jsondecode(aws_iam_role_policy.ci["apply"].policy).Statement : [
      for resource in flatten([statement.Resource]) : contains(["arn:aws:iam::123456789012:role/duet-*", "arn:aws:iam::123456789012:role/aws-service-role/*"], resource) if startswith(flatten([statement.Action])[0], "iam:")
    ]]))
    error_message = "apply changes roles of environments, never those that begin with ci-"
  }
  assert {
    condition = alltrue([for action in ["cloudwatch:PutCompositeAlarm", "cloudwatch:DeleteAlarms", "ec2:CreateVpcEndpoint", "route53:AssociateVPCWithHostedZone"] : anytrue([
      for statement in jsondecode(aws_iam_role_policy.ci["apply"].policy).Statement : contains(flatten([statement.Action]), action) && endswith(flatten([statement.Resource])[0], "*")
    ])])
    error_message = "what AWS allows of all or of nothing: composite alarms, and endpoints with private names"
  }
  assert {
    condition = alltrue([for action in ["iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"] : alltrue([
      for statement in jsondecode(aws_iam_role_policy.ci["apply"].policy).Statement : statement.Condition.StringEquals["iam:PermissionsBoundary"] == aws_iam_policy.boundary.arn if contains(flatten([statement.Action]), action)
    ])]) && !can(regex("iam:|sts:|s3:|lambda:|\\*\",\"Effect", aws_iam_policy.boundary.policy))
    error_message = "a role that apply makes may do what the homes do, and nothing that makes it more"
  }
  assert {
    condition = jsonencode([for statement in jsondecode(aws_iam_role_policy.ci["apply"].policy).Statement : statement.Condition.StringEquals["iam:PassedToService"] if contains(flatten([statement.Action]), "iam:PassRole")]) == jsonencode([
      ["ecs-tasks.amazonaws.com", "lambda.amazonaws.com", "vpc-flow-logs.amazonaws.com"]
    ])
    error_message = "apply hands a role to the homes and to flow logs, to nothing else"
  }
  assert {
    condition     = aws_ecr_repository.this.image_tag_mutability == "IMMUTABLE" && aws_ecr_repository.this.image_scanning_configuration[0].scan_on_push
    error_message = "a tag stays where it is, an image is scanned"
  }
}

run "refused" {
  command = plan
  variables {
    name         = "Duet"
    region       = "here"
    environments = []
    github       = { owner = "*", owner_id = 12, repository = "duet", repository_id = 34 }
    zone_ids     = ["example.com"]
    images_kept  = 1

    oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/example.com"
  }
  expect_failures = [var.name, var.region, var.environments, var.github, var.zone_ids, var.images_kept, var.oidc_provider_arn]
}

run "an_account_that_knows_github" {
  command = plan
  variables {
    oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0 && alltrue([for role in aws_iam_role.ci : jsondecode(role.assume_role_policy).Statement[0].Principal.Federated == var.oidc_provider_arn])
    error_message = "its provider is trusted, and no second one made, which AWS would refuse"
  }
}

run "refused_too" {
  command = plan
  variables {
    name   = "ci"
    region = "us-gov-west-1"
    github = { owner = "octo", owner_id = 0, repository = "duet", repository_id = 34 }
  }
  expect_failures = [var.name, var.region, var.github]
}
