# A VPC whose tasks cannot reach the internet, nor be reached from it: only the load balancer's subnets
# have a route to an internet gateway, and there is no NAT.

data "aws_availability_zones" "here" {
  state = "available"

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"] # no Local Zones, where a load balancer cannot be
  }
}

locals {
  zones = slice(data.aws_availability_zones.here.names, 0, var.zone_count)
  # Private subnets are a quarter of the range each, public ones small parts of the last quarter.
  private_cidrs = coalesce(var.private_cidrs, [for i in range(var.zone_count) : cidrsubnet(var.cidr, 2, i)])
  public_cidrs  = coalesce(var.public_cidrs, [for i in range(var.zone_count) : cidrsubnet(var.cidr, 4, 12 + i)])
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true # private names of the endpoints
  tags                 = { Name = var.name }

  lifecycle {
    precondition {
      condition     = length(local.overlaps) == 0
      error_message = "network: subnets overlap: ${join("; ", local.overlaps)}."
    }
    precondition {
      condition     = length(local.outside) == 0
      error_message = "network: not inside ${var.cidr}: ${join(", ", local.outside)}."
    }
    precondition {
      condition     = length(local.too_small) == 0
      error_message = "network: a load balancer needs a public subnet of /27 or more: ${join(", ", local.too_small)}."
    }
    precondition {
      condition     = length(local.public_cidrs) == var.zone_count && length(local.private_cidrs) == var.zone_count
      error_message = "network: ${var.zone_count} zones need as many public_cidrs (${length(local.public_cidrs)}) and private_cidrs (${length(local.private_cidrs)})."
    }
  }
}

# Nothing may use the group that comes with a VPC: it has no rule.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-closed" }
}

# --- public: for the load balancer alone ---------------------------------------------------------
resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = var.name }
}

resource "aws_subnet" "public" {
  for_each = { for i, zone in local.zones : zone => local.public_cidrs[i] }

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = false
  tags                    = { Name = "${var.name}-public-${each.key}" }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-public" }
}

resource "aws_route" "internet" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

resource "aws_route_table_association" "public" {
  for_each = aws_subnet.public

  subnet_id      = each.value.id
  route_table_id = aws_route_table.public.id
}

# --- private: for tasks and endpoints ------------------------------------------------------------
resource "aws_subnet" "private" {
  for_each = { for i, zone in local.zones : zone => local.private_cidrs[i] }

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value
  tags              = { Name = "${var.name}-private-${each.key}" }
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-private" }
}

resource "aws_route_table_association" "private" {
  for_each = aws_subnet.private

  subnet_id      = each.value.id
  route_table_id = aws_route_table.private.id
}
