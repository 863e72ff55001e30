# AWS's services inside the VPC: tasks pull their image, write logs and read the table without a way to
# the internet.

data "aws_region" "here" {}
data "aws_caller_identity" "here" {}

locals {
  # ssmmessages carries `aws ecs execute-command`, nothing else.
  interfaces = toset(concat(["ecr.api", "ecr.dkr", "logs", "ssm"], var.execute_command ? ["ssmmessages"] : []))
  from_here  = { StringEquals = { "aws:PrincipalAccount" = data.aws_caller_identity.here.account_id } }
}

resource "aws_security_group" "this" {
  name_prefix = "${var.name}-endpoints-"
  description = "Private endpoints of AWS services"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-endpoints" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "https" {
  security_group_id = aws_security_group.this.id
  description       = "HTTPS from inside the VPC"
  cidr_ipv4         = var.vpc_cidr
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_endpoint" "interface" {
  for_each = local.interfaces

  vpc_id              = var.vpc_id
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.${data.aws_region.here.region}.${each.key}"
  subnet_ids          = var.subnet_ids
  security_group_ids  = [aws_security_group.this.id]
  private_dns_enabled = true
  tags                = { Name = "${var.name}-${each.key}" }

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = "*" # star: any of this account, by the condition; what each may do is in its own policy
      Action    = "*" # star: likewise
      Resource  = "*" # star: likewise
      Condition = local.from_here
    }]
  })
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id            = var.vpc_id
  vpc_endpoint_type = "Gateway"
  service_name      = "com.amazonaws.${data.aws_region.here.region}.s3"
  route_table_ids   = var.route_table_ids
  tags              = { Name = "${var.name}-s3" }

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "ImageLayers"
      Effect    = "Allow"
      Principal = "*" # star: ECR signs the URLs of layers with a principal of its own
      Action    = "s3:GetObject"
      Resource  = "arn:aws:s3:::prod-${data.aws_region.here.region}-starport-layer-bucket/*" # star: ECR's bucket of layers, whose keys are digests
    }]
  })
}

resource "aws_vpc_endpoint" "dynamodb" {
  vpc_id            = var.vpc_id
  vpc_endpoint_type = "Gateway"
  service_name      = "com.amazonaws.${data.aws_region.here.region}.dynamodb"
  route_table_ids   = var.route_table_ids
  tags              = { Name = "${var.name}-dynamodb" }

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OwnTable"
      Effect    = "Allow"
      Principal = "*"                                         # star: any of this account, by the condition
      Action    = "dynamodb:*"                                # star: on this one table; the roles' policies name the actions
      Resource  = [var.table_arn, "${var.table_arn}/index/*"] # star: the table's indexes
      Condition = local.from_here
    }]
  })
}
