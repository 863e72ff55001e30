# GitHub's workflows get a role for an hour, by a token that says which repository and which environment
# asks; there is no key to lose.

resource "aws_iam_openid_connect_provider" "github" {
  count = var.oidc_provider_arn == null ? 1 : 0

  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

locals {
  oidc_provider_arn = var.oidc_provider_arn == null ? aws_iam_openid_connect_provider.github[0].arn : var.oidc_provider_arn

  # The name of a repository can be taken over by somebody else; its number cannot. Newer repositories
  # have the numbers in the subject too: both forms are of the same one.
  repositories = [
    "${var.github.owner}/${var.github.repository}",
    "${var.github.owner}@${var.github.owner_id}/${var.github.repository}@${var.github.repository_id}",
  ]

  deploying = setunion(var.environments, ["pr"])
  roles = {
    plan   = { environments = ["plan"], policy = local.plan_policy, does = "reads all that a plan compares, writes nothing" }
    push   = { environments = ["pr", "release"], policy = local.push_policy, does = "brings images and zips in" }
    apply  = { environments = local.deploying, policy = local.apply_policy, does = "makes and changes environments" }
    canary = { environments = local.deploying, policy = local.canary_policy, does = "fills idle slots and moves weights" }
  }
}

# The names begin with ci-, which nothing of an environment does: apply can change no role of these.
resource "aws_iam_role" "ci" {
  for_each = local.roles

  name                 = "ci-${var.name}-${each.key}"
  description          = "GitHub workflows: ${each.value.does}"
  max_session_duration = each.key == "canary" ? 14400 : 3600 # a canary bakes for hours

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = local.oidc_provider_arn }
      Condition = {
        StringEquals = {
          "token.actions.githubusercontent.com:aud"           = "sts.amazonaws.com"
          "token.actions.githubusercontent.com:repository_id" = tostring(var.github.repository_id)
          "token.actions.githubusercontent.com:environment"   = sort(each.value.environments)
          "token.actions.githubusercontent.com:sub" = [
            for pair in setproduct(local.repositories, sort(each.value.environments)) : "repo:${pair[0]}:environment:${pair[1]}"
          ]
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "ci" {
  for_each = local.roles

  name   = each.key
  role   = aws_iam_role.ci[each.key].id
  policy = each.value.policy
}
