output "table_name" {
  description = "Name of the table."
  value       = aws_dynamodb_table.this.name
}

output "table_arn" {
  description = "ARN of the table."
  value       = aws_dynamodb_table.this.arn
}

output "access_policy" {
  description = "What a home may do with the table."
  value = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid    = "Store"
      Effect = "Allow"
      Action = [
        "dynamodb:DeleteItem",
        "dynamodb:DescribeTable",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
      ]
      Resource = aws_dynamodb_table.this.arn
    }]
  })
}
