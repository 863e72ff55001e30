output "function_name" {
  description = "Name of the guard's function."
  value       = aws_lambda_function.this.function_name
}
