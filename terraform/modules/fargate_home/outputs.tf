output "cluster_name" {
  description = "Name of the cluster."
  value       = aws_ecs_cluster.this.name
}

output "service_names" {
  description = "Name of each slot's service, by letter."
  value       = { for letter, service in aws_ecs_service.slot : letter => service.name }
}

output "task_definition_family" {
  description = "Family of the task definitions."
  value       = aws_ecs_task_definition.this.family
}

output "task_definition_arn" {
  description = "Terraform's newest revision."
  value       = aws_ecs_task_definition.this.arn
}

output "container_name" {
  description = "Name of the container."
  value       = local.container_name
}

output "role_arns" {
  description = "Roles that a task definition names."
  value       = [aws_iam_role.execution.arn, aws_iam_role.task.arn]
}

output "log_group_name" {
  description = "Log group of the tasks."
  value       = aws_cloudwatch_log_group.this.name
}

output "security_group_id" {
  description = "Security group of the tasks."
  value       = aws_security_group.tasks.id
}
