output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "cidr" {
  description = "Its range."
  value       = aws_vpc.this.cidr_block
}

# Only with their ways: a load balancer is refused where no internet gateway is, and a task without its
# routes cannot start. At the end the gateway waits until the load balancer's addresses are gone.
output "public_subnet_ids" {
  description = "Subnets of the load balancer."
  value       = values(aws_subnet.public)[*].id
  depends_on  = [aws_route.internet, aws_route_table_association.public]
}

output "private_subnet_ids" {
  description = "Subnets of tasks and endpoints."
  value       = values(aws_subnet.private)[*].id
  depends_on  = [aws_route_table_association.private]
}

output "private_route_table_ids" {
  description = "Route tables of the private subnets."
  value       = [aws_route_table.private.id]
}
