output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "cidr" {
  description = "Its range."
  value       = aws_vpc.this.cidr_block
}

output "public_subnet_ids" {
  description = "Subnets of the load balancer."
  value       = values(aws_subnet.public)[*].id
}

output "private_subnet_ids" {
  description = "Subnets of tasks and endpoints."
  value       = values(aws_subnet.private)[*].id
}

output "private_route_table_ids" {
  description = "Route tables of the private subnets."
  value       = [aws_route_table.private.id]
}
