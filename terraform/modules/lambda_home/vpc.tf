# Only where the function is in the VPC: out by HTTPS, in by nobody.

resource "aws_security_group" "this" {
  count = var.vpc == null ? 0 : 1

  name_prefix = "${var.name}-lambda-"
  description = "The Lambda home"
  vpc_id      = var.vpc.id
  tags        = { Name = "${var.name}-lambda" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_egress_rule" "cidr" {
  for_each = var.vpc == null ? [] : toset(var.egress.cidrs)

  security_group_id = aws_security_group.this[0].id
  description       = "AWS services"
  cidr_ipv4         = each.key
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "gateway" {
  for_each = var.vpc == null ? {} : var.egress.prefix_lists

  security_group_id = aws_security_group.this[0].id
  description       = "AWS ${each.key}"
  prefix_list_id    = each.value
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
