output "url" {
  description = "Where the service answers."
  value       = module.alb.url
}

output "load_balancer_arn" {
  description = "ARN of the load balancer."
  value       = module.alb.arn
}

output "production_rule_arn" {
  description = "ARN of the rule whose weights the canary moves."
  value       = module.routing.production_rule_arn
}

output "target_group_arns" {
  description = "ARN of each slot's target group."
  value       = { for slot, group in module.routing.target_groups : slot => group.arn }
}

output "target_group_arn_suffixes" {
  description = "The dimension TargetGroup of each slot's metrics."
  value       = { for slot, group in module.routing.target_groups : slot => group.arn_suffix }
}

output "load_balancer_arn_suffix" {
  description = "The dimension LoadBalancer of the metrics."
  value       = module.alb.arn_suffix
}

output "function_name" {
  description = "Name of the function."
  value       = module.lambda_home.function_name
}

output "alias_arns" {
  description = "ARN of the alias of each Lambda slot."
  value       = { for letter, arn in module.lambda_home.alias_arns : "lambda-${letter}" => arn }
}

output "cluster_name" {
  description = "Name of the ECS cluster."
  value       = module.fargate_home.cluster_name
}

output "service_names" {
  description = "Name of the ECS service of each Fargate slot."
  value       = { for letter, name in module.fargate_home.service_names : "fargate-${letter}" => name }
}

output "task_definition_family" {
  description = "Family whose newest revision a release starts from."
  value       = module.fargate_home.task_definition_family
}

output "task_definition_arn" {
  description = "Terraform's newest revision: the settings of the next release."
  value       = module.fargate_home.task_definition_arn
}

output "pass_role_arns" {
  description = "Roles that a release hands to ECS with a task definition."
  value       = module.fargate_home.role_arns
}

output "container_name" {
  description = "Name of the container in the task definition."
  value       = module.fargate_home.container_name
}

output "pin_header" {
  description = "Header that picks a slot; its value is SECRET.SLOT."
  value       = module.routing.pin_header
}

output "pin_cookie" {
  description = "Cookie that does the same."
  value       = module.routing.pin_cookie
}

output "table_name" {
  description = "Name of the DynamoDB table."
  value       = module.data.table_name
}

output "log_group_names" {
  description = "Log group of each home."
  value       = { lambda = module.lambda_home.log_group_name, fargate = module.fargate_home.log_group_name }
}

output "alarm_topic_arn" {
  description = "SNS topic of the alarms."
  value       = module.observability.topic_arn
}

output "alarm_name" {
  description = "The composite alarm: any of the others."
  value       = module.observability.composite_alarm_name
}
