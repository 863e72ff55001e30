output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "alias_arns" {
  description = "ARN of each slot's alias, by letter."
  value       = { for letter, alias in aws_lambda_alias.slot : letter => alias.arn }
}

output "log_group_name" {
  description = "Log group of the function."
  value       = aws_cloudwatch_log_group.this.name
}

output "zip_base64" {
  description = "The zip's SHA-256 as Lambda tells it."
  value       = local.zip_base64
}
