# The network by itself: what is public, what is not, and ranges that cannot be.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name               = "duet-dev"
  cidr               = "10.0.0.0/16"
  zone_count         = 2
  log_retention_days = 7

  permissions_boundary_arn = null
}

run "two_zones" {
  command = plan
  module {
    source = "./modules/network"
  }

  assert {
    condition     = jsonencode(values(aws_subnet.public)[*].cidr_block) == jsonencode(["10.0.192.0/20", "10.0.208.0/20"])
    error_message = "public subnets are parts of the last quarter"
  }
  assert {
    condition     = jsonencode(values(aws_subnet.private)[*].cidr_block) == jsonencode(["10.0.0.0/18", "10.0.64.0/18"])
    error_message = "a private subnet has a quarter of the range"
  }
  assert {
    condition     = alltrue([for subnet in concat(values(aws_subnet.public), values(aws_subnet.private)) : subnet.map_public_ip_on_launch != true])
    error_message = "no subnet gives out public addresses"
  }
  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL"
    error_message = "flow logs have what was refused, too"
  }
}

run "three_zones" {
  command = plan
  module {
    source = "./modules/network"
  }
  variables {
    zone_count = 3
  }

  assert {
    condition     = jsonencode(keys(aws_subnet.private)) == jsonencode(["eu-west-1a", "eu-west-1b", "eu-west-1c"])
    error_message = "a subnet for each zone"
  }
}

run "subnets_overlap" {
  command = plan
  module {
    source = "./modules/network"
  }
  variables {
    public_cidrs  = ["10.0.0.0/24", "10.0.1.0/24"]
    private_cidrs = ["10.0.1.128/25", "10.0.3.0/24"]
  }
  expect_failures = [aws_vpc.this]
}

run "subnet_outside" {
  command = plan
  module {
    source = "./modules/network"
  }
  variables {
    public_cidrs  = ["10.0.0.0/24", "10.1.1.0/24"]
    private_cidrs = ["10.0.2.0/24", "10.0.3.0/24"]
  }
  expect_failures = [aws_vpc.this]
}

run "subnet_too_small" {
  command = plan
  module {
    source = "./modules/network"
  }
  variables {
    public_cidrs  = ["10.0.0.0/28", "10.0.1.0/24"]
    private_cidrs = ["10.0.2.0/24", "10.0.3.0/24"]
  }
  expect_failures = [aws_vpc.this]
}

run "subnets_too_many" {
  command = plan
  module {
    source = "./modules/network"
  }
  variables {
    public_cidrs  = ["10.0.0.0/24"]
    private_cidrs = ["10.0.2.0/24", "10.0.3.0/24"]
    zone_count    = 1
  }
  expect_failures = [aws_vpc.this]
}

run "subnets_too_few" {
  command = plan
  module {
    source = "./modules/network"
  }
  variables {
    public_cidrs  = ["10.0.0.0/24"]
    private_cidrs = ["10.0.2.0/24", "10.0.3.0/24"]
  }
  expect_failures = [aws_vpc.this]
}
