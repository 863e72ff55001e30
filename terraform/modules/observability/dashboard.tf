# One picture, slots side by side: who gets what share, how it answers, how it is.

data "aws_region" "here" {}

locals {
  slots = sort(keys(var.target_groups))

  # Title, metric, statistic of each widget over the four slots.
  per_slot = [
    ["Requests", "RequestCount", "Sum"],
    ["5xx", "HTTPCode_Target_5XX_Count", "Sum"],
    ["Response time, p50", "TargetResponseTime", "p50"],
    ["Response time, p99", "TargetResponseTime", "p99"],
    ["Healthy targets", "HealthyHostCount", "Minimum"],
    ["Unhealthy targets", "UnHealthyHostCount", "Maximum"],
  ]

  slot_widgets = [for i, row in local.per_slot : {
    type   = "metric"
    x      = 12 * (i % 2)
    y      = 6 * floor(i / 2)
    width  = 12
    height = 6
    properties = {
      title  = row[0]
      region = data.aws_region.here.region
      period = 60
      stat   = row[2]
      metrics = [for slot in local.slots : [
        "AWS/ApplicationELB", row[1], "LoadBalancer", var.alb_arn_suffix, "TargetGroup", var.target_groups[slot].arn_suffix, { label = slot }
      ]]
    }
  }]

  home_widgets = [
    {
      type   = "metric"
      x      = 0
      y      = 18
      width  = 12
      height = 6
      properties = {
        title  = "Lambda: concurrency, errors, throttles"
        region = data.aws_region.here.region
        period = 60
        stat   = "Sum"
        metrics = [
          ["AWS/Lambda", "ConcurrentExecutions", "FunctionName", var.function_name, { stat = "Maximum" }],
          ["AWS/Lambda", "Errors", "FunctionName", var.function_name, {}],
          ["AWS/Lambda", "Throttles", "FunctionName", var.function_name, {}],
        ]
      }
    },
    {
      type   = "metric"
      x      = 12
      y      = 18
      width  = 12
      height = 6
      properties = {
        title   = "Fargate: CPU, percent"
        region  = data.aws_region.here.region
        period  = 60
        stat    = "Average"
        metrics = [for letter in sort(keys(var.service_names)) : ["AWS/ECS", "CPUUtilization", "ClusterName", var.cluster_name, "ServiceName", var.service_names[letter], { label = "fargate-${letter}" }]]
      }
    },
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({ widgets = concat(local.slot_widgets, local.home_widgets) })
}
