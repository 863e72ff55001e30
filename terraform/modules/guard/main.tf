# The guard: a function that moves a failing home's share to the other one. A schedule wakes it each
# minute, and an alarm of the architecture at once. It watches for 75 s, so that the next minute's, which
# waits for it to end, goes on without a gap; hence two at once. A third is throttled: what it was about
# has been seen by then, and its event is forgotten after a minute.

locals {
  policy = jsonencode(merge({
    rule      = { arn = var.rule_arn }
    parameter = var.parameter
    lock      = var.canary_lock
    topic     = var.topic_arn
    }, jsondecode(var.policy), {
    # By the member, so that a policy may say how many tasks, and still has the services.
    fargate = merge({ cluster = var.cluster_name, services = var.service_names }, try(jsondecode(var.policy).fargate, {}))
  }))

  events = {
    minute = { schedule = "rate(1 minute)", pattern = null }
    alarm = { schedule = null, pattern = jsonencode({
      source      = ["aws.cloudwatch"]
      detail-type = ["CloudWatch Alarm State Change"]
      detail = {
        alarmName = [{ prefix = "${var.name}-" }]
        state     = { value = ["ALARM"] }
      }
    }) }
  }
}

resource "aws_lambda_function" "this" {
  function_name                  = "${var.name}-guard"
  description                    = "Moves a failing home's share of ${var.name} to the other one"
  role                           = aws_iam_role.this.arn
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  architectures                  = [var.architecture]
  s3_bucket                      = var.zip.bucket
  s3_key                         = var.zip.key
  memory_size                    = 128
  timeout                        = 90
  reserved_concurrent_executions = 2

  environment {
    variables = {
      GUARD_POLICY     = local.policy
      GUARD_PIN_SECRET = var.pin_secret
      DUET_STORE       = "memory"
    }
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.this.name
  }

  tracing_config {
    mode = "Active"
  }

  depends_on = [aws_iam_role_policy.this]
}

# One that is awake already sees what the event is about: nothing is tried twice.
resource "aws_lambda_function_event_invoke_config" "this" {
  function_name                = aws_lambda_function.this.function_name
  maximum_event_age_in_seconds = 60
  maximum_retry_attempts       = 0
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each = local.events

  name                = "${var.name}-guard-${each.key}"
  schedule_expression = each.value.schedule
  event_pattern       = each.value.pattern
}

resource "aws_cloudwatch_event_target" "this" {
  for_each = local.events

  rule = aws_cloudwatch_event_rule.this[each.key].name
  arn  = aws_lambda_function.this.arn
}

resource "aws_lambda_permission" "this" {
  for_each = local.events

  statement_id  = "events-${each.key}"
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  function_name = aws_lambda_function.this.function_name
  source_arn    = aws_cloudwatch_event_rule.this[each.key].arn
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}-guard"
  retention_in_days = var.log_retention_days
}
