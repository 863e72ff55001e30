output "arn" {
  description = "ARN of the load balancer."
  value       = aws_lb.this.arn
}

output "arn_suffix" {
  description = "Its dimension in metrics."
  value       = aws_lb.this.arn_suffix
}

output "security_group_id" {
  description = "Its security group."
  value       = aws_security_group.this.id
}

output "listener_arn" {
  description = "The listener that serves clients."
  value       = local.has_tls ? aws_lb_listener.https[0].arn : aws_lb_listener.http[0].arn
}

output "url" {
  description = "Where the service answers."
  value       = local.has_tls ? "https://${var.domain_name}" : "http://${aws_lb.this.dns_name}"
}
