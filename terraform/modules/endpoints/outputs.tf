# Only with all of the endpoints: whoever is let out to them finds them there.
output "prefix_list_ids" {
  description = "Addresses of S3 and DynamoDB, for security groups."
  value = {
    s3       = aws_vpc_endpoint.s3.prefix_list_id
    dynamodb = aws_vpc_endpoint.dynamodb.prefix_list_id
  }
  depends_on = [aws_vpc_endpoint.interface, aws_vpc_security_group_ingress_rule.https]
}

output "interface_services" {
  description = "Services with an address in the private subnets."
  value       = keys(aws_vpc_endpoint.interface)
}
