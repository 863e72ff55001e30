output "state_bucket" {
  description = "Bucket of the states, for terraform init."
  value       = module.state_bucket.name
}

output "artifact_bucket" {
  description = "Bucket of the zips, for lambda_zip."
  value       = module.artifact_bucket.name
}

output "repository_url" {
  description = "Where images are pushed, for image."
  value       = aws_ecr_repository.this.repository_url
}

output "permissions_boundary_arn" {
  description = "What the role apply must give to roles that it makes, for permissions_boundary_arn."
  value       = aws_iam_policy.boundary.arn
}

output "role_arns" {
  description = "Roles of the workflows: plan, push, apply, canary."
  value       = { for name, role in aws_iam_role.ci : name => role.arn }
}
