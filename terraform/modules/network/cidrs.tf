# Which of the subnets overlap, or leave the VPC's range: AWS would say so in the middle of an apply.

locals {
  subnets = concat(
    [for i, cidr in local.public_cidrs : { name = "public ${i + 1}", cidr = cidr }],
    [for i, cidr in local.private_cidrs : { name = "private ${i + 1}", cidr = cidr }],
  )
  # First address, and the one after the last, as numbers.
  spans = [for range in concat([{ name = "VPC", cidr = var.cidr }], local.subnets) : merge(range, {
    first = sum([for i, octet in split(".", cidrhost(range.cidr, 0)) : tonumber(octet) * pow(256, 3 - i)])
    size  = pow(2, 32 - tonumber(split("/", range.cidr)[1]))
  })]
  vpc_span     = local.spans[0]
  subnet_spans = slice(local.spans, 1, length(local.spans))

  too_small = [for cidr in local.public_cidrs : cidr if tonumber(split("/", cidr)[1]) > 27]
  overlaps = flatten([
    for i, one in local.subnet_spans : [
      for other in slice(local.subnet_spans, i + 1, length(local.subnet_spans)) :
      "${one.name} (${one.cidr}) and ${other.name} (${other.cidr})"
      if one.first < other.first + other.size && other.first < one.first + one.size
    ]
  ])
  outside = [
    for one in local.subnet_spans : "${one.name} (${one.cidr})"
    if one.first < local.vpc_span.first || one.first + one.size > local.vpc_span.first + local.vpc_span.size
  ]
}
