# Alarms of each slot. CloudWatch has no data of a minute without requests, which is no alarm.

locals {
  lambda_slots = [for slot in keys(var.target_groups) : trimprefix(slot, "lambda-") if startswith(slot, "lambda-")]

  dimensions = {
    for slot, group in var.target_groups : slot => { LoadBalancer = var.alb_arn_suffix, TargetGroup = group.arn_suffix }
  }
}

# Percent of requests, and none below a number of requests: one error of three is no 33 %.
resource "aws_cloudwatch_metric_alarm" "errors" {
  for_each = var.target_groups

  alarm_name          = "${var.name}-${each.key}-5xx"
  alarm_description   = "Slot ${each.key} answers with 5xx"
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.error_percent
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching"

  metric_query {
    id          = "percent"
    expression  = "IF(requests >= ${var.thresholds.min_requests}, 100 * FILL(errors, 0) / requests, 0)"
    label       = "5xx, percent"
    return_data = true
  }

  metric_query {
    id = "requests"
    metric {
      namespace   = "AWS/ApplicationELB"
      metric_name = "RequestCount"
      dimensions  = local.dimensions[each.key]
      period      = 60
      stat        = "Sum"
    }
  }

  metric_query {
    id = "errors"
    metric {
      namespace   = "AWS/ApplicationELB"
      metric_name = "HTTPCode_Target_5XX_Count"
      dimensions  = local.dimensions[each.key]
      period      = 60
      stat        = "Sum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "latency" {
  for_each = var.target_groups

  alarm_name                            = "${var.name}-${each.key}-latency"
  alarm_description                     = "Slot ${each.key} is slow"
  namespace                             = "AWS/ApplicationELB"
  metric_name                           = "TargetResponseTime"
  dimensions                            = local.dimensions[each.key]
  extended_statistic                    = "p99"
  evaluate_low_sample_count_percentiles = "ignore"
  period                                = 60
  comparison_operator                   = "GreaterThanThreshold"
  threshold                             = var.thresholds.p99_s
  evaluation_periods                    = 5
  datapoints_to_alarm                   = 3
  treat_missing_data                    = "notBreaching"
}

resource "aws_cloudwatch_metric_alarm" "unhealthy" {
  for_each = var.target_groups

  alarm_name          = "${var.name}-${each.key}-unhealthy"
  alarm_description   = "Slot ${each.key} has a target that fails its health check"
  namespace           = "AWS/ApplicationELB"
  metric_name         = "UnHealthyHostCount"
  dimensions          = local.dimensions[each.key]
  statistic           = "Maximum"
  period              = 60
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 3
  treat_missing_data  = "notBreaching"
}

resource "aws_cloudwatch_metric_alarm" "lambda" {
  for_each = {
    for pair in setproduct(local.lambda_slots, ["Errors", "Throttles"]) : "${pair[0]} ${pair[1]}" => { letter = pair[0], metric = pair[1] }
  }

  alarm_name          = "${var.name}-lambda-${each.value.letter}-${lower(each.value.metric)}"
  alarm_description   = "Slot lambda-${each.value.letter}: ${each.value.metric} of the function"
  namespace           = "AWS/Lambda"
  metric_name         = each.value.metric
  dimensions          = { FunctionName = var.function_name, Resource = "${var.function_name}:${each.value.letter}" }
  statistic           = "Sum"
  period              = 60
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.metric == "Throttles" ? 1 : var.thresholds.lambda_errors
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching"
}
