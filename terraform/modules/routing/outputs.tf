# Only with the rules: ECS takes no service of a target group that no load balancer uses.
output "target_groups" {
  description = "ARN and metric dimension of each slot's target group."
  value       = { for slot, group in local.groups : slot => { arn = group.arn, arn_suffix = group.arn_suffix, name = group.name } }
  depends_on  = [aws_lb_listener_rule.production]
}

output "production_rule_arn" {
  description = "ARN of the production rule."
  value       = aws_lb_listener_rule.production.arn
}

output "priority" {
  description = "Priority of the production rule."
  value       = aws_lb_listener_rule.production.priority
}

output "pin_header" {
  description = "Header that chooses a slot."
  value       = local.pin_header
}

output "pin_cookie" {
  description = "Cookie that chooses a slot."
  value       = local.pin_cookie
}
