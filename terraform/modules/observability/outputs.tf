output "topic_arn" {
  description = "Topic of the alarms."
  value       = aws_sns_topic.alarms.arn
}

output "composite_alarm_name" {
  description = "Alarm that any of the others sets off."
  value       = aws_cloudwatch_composite_alarm.any.alarm_name
}

output "dashboard_name" {
  description = "Name of the dashboard."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}
