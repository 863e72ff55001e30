# Who is told, and the one alarm that stands for all: a release looks at it, and people are told once.

resource "aws_sns_topic" "alarms" {
  name = "${var.name}-alarms"
}

resource "aws_sns_topic_subscription" "email" {
  for_each = toset(var.email_addresses)

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.key
}

resource "aws_cloudwatch_composite_alarm" "any" {
  alarm_name        = "${var.name}-any"
  alarm_description = "Any alarm of ${var.name}"
  alarm_rule        = join(" OR ", [for name in sort(local.alarm_names) : "ALARM(\"${name}\")"])
  alarm_actions     = [aws_sns_topic.alarms.arn]
  ok_actions        = [aws_sns_topic.alarms.arn]
}

locals {
  alarms = concat(
    values(aws_cloudwatch_metric_alarm.errors), values(aws_cloudwatch_metric_alarm.latency),
    values(aws_cloudwatch_metric_alarm.unhealthy), values(aws_cloudwatch_metric_alarm.lambda),
  )
  alarm_names = local.alarms[*].alarm_name
}
