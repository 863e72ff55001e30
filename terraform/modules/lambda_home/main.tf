# The Lambda home. Terraform owns the function's settings; its code and what its aliases point to belong
# to the releases, which publish the code with the settings that they find.

resource "aws_lambda_function" "this" {
  function_name                  = var.name
  description                    = "The Lambda home of ${var.name}"
  role                           = aws_iam_role.this.arn
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  architectures                  = [var.architecture]
  s3_bucket                      = var.zip.bucket
  s3_key                         = var.zip.key
  source_code_hash               = local.zip_base64
  memory_size                    = var.memory_mb
  timeout                        = var.timeout_s
  reserved_concurrent_executions = var.reserved_concurrency == null ? -1 : var.reserved_concurrency
  publish                        = true # the first version, for the aliases

  environment {
    variables = var.settings
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.this.name
    application_log_level = var.log_level
    system_log_level      = "WARN" # else three lines of the platform for each request
  }

  tracing_config {
    mode = "Active"
  }

  dynamic "vpc_config" {
    for_each = var.vpc == null ? [] : [var.vpc]
    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = [aws_security_group.this[0].id]
    }
  }

  lifecycle {
    ignore_changes = [s3_bucket, s3_key, s3_object_version, source_code_hash, code_sha256]
  }

  depends_on = [aws_iam_role_policy.this, aws_iam_role_policy.data]
}

resource "aws_lambda_alias" "slot" {
  for_each = var.target_groups

  name             = each.key
  description      = "Slot lambda-${each.key}"
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version

  lifecycle {
    ignore_changes = [function_version, routing_config]
  }
}

# Each target group may call its own alias, and no other does.
resource "aws_lambda_permission" "alb" {
  for_each = var.target_groups

  statement_id_prefix = "alb-${each.key}-"
  action              = "lambda:InvokeFunction"
  principal           = "elasticloadbalancing.amazonaws.com"
  function_name       = aws_lambda_function.this.function_name
  qualifier           = aws_lambda_alias.slot[each.key].name
  source_arn          = each.value.arn
  source_account      = data.aws_caller_identity.here.account_id

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_target_group_attachment" "slot" {
  for_each = var.target_groups

  target_group_arn = each.value.arn
  target_id        = aws_lambda_alias.slot[each.key].arn

  depends_on = [aws_lambda_permission.alb]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
}

data "aws_caller_identity" "here" {}
