# Each bad value is refused at the plan, by the variable that has it. What the message says is looked at
# by tests/run.sh. A run has one bad value of each variable, and all of them must be refused.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  environment = "dev"
  pin_secret  = "0123456789abcdef-secret"
  image       = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/duet@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  lambda_zip = {
    bucket = "duet-artifacts-123456789012"
    key    = "lambda/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824.zip"
    sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" # of "hello"
  }
}

run "first_values" {
  command = plan
  variables {
    # name with blanks
    name = "my service"
    # region of no form
    region = "Ireland"
    # tag of aws
    tags = { "aws:x" = "y" }
    # boundary by name
    permissions_boundary_arn = "ci-duet-boundary"
    # network too small
    network = { cidr = "10.0.0.0/24" }
    # existing network of one zone
    existing_network = { vpc_id = "vpc-1", cidr = "10.0.0.0/16", public_subnet_ids = ["subnet-1"], private_subnet_ids = ["subnet-2", "subnet-3"], endpoints = false }
    # allowed nobody
    allowed_cidrs = []
    # domain without zone
    domain_name = "duet.example.com"
    # weight over 999
    slots = [{ name = "lambda-a", weight = 1000 }, { name = "lambda-b", weight = 0 }, { name = "fargate-a", weight = 1 }, { name = "fargate-b", weight = 0 }]
    # epoch of zero
    rule_epoch = 0
    # pin too short
    pin_secret = "short"
    # probe slower than interval
    health_check = { interval_s = 5, timeout_s = 5 }
    # keep alive shorter than idle
    timeouts = { keep_alive_s = 60 }
    # setting of aws
    settings = { AWS_REGION = "x" }
    # log level unknown
    log_level = "LOUD"
    # retention unknown
    log_retention_days = 8
    # namespace of aws
    metrics_namespace = "AWS/Duet"
    # zip without hash
    lambda_zip = { bucket = "b", key = "x.zip", sha256 = "" }
    # image by tag
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/duet:latest"
    # architecture unknown
    lambda = { architecture = "arm" }
    # task that fargate lacks
    fargate = { cpu = 256, memory_mb = 4096 }
    # threshold of zero
    alarm_thresholds = { p99_s = 0 }
    # address without at
    alarm_email_addresses = ["on-call"]
    # rate too low
    waf = { rate_limit = 1 }
    # policy that is no object
    guard = { zip = { bucket = "b", key = "guard.zip" }, policy = "1" }
  }
  expect_failures = [var.name, var.region, var.tags, var.network, var.existing_network, var.allowed_cidrs, var.domain_name, var.slots, var.rule_epoch, var.pin_secret, var.health_check, var.timeouts, var.settings, var.log_level, var.log_retention_days, var.metrics_namespace, var.lambda_zip, var.image, var.lambda, var.fargate, var.alarm_thresholds, var.alarm_email_addresses, var.waf, var.guard, var.permissions_boundary_arn]
}

run "second_values" {
  command = plan
  variables {
    # name too long
    name = "a-service-with-a-very-long-name-x"
    # network of one zone
    network = { zone_count = 1 }
    # existing network without tables
    existing_network = { vpc_id = "vpc-1", cidr = "10.0.0.0/16", public_subnet_ids = ["subnet-1", "subnet-4"], private_subnet_ids = ["subnet-2", "subnet-3"] }
    # domain of no form
    domain_name = "https://duet.example.com"
    zone_id     = "Z1"
    # weight in parts
    slots = [{ name = "lambda-a", weight = 0.5 }, { name = "lambda-b", weight = 0 }, { name = "fargate-a", weight = 1 }, { name = "fargate-b", weight = 0 }]
    # pin with a wildcard
    pin_secret = "0123456789abcdef*"
    # drain longer than stop
    timeouts = { drain_s = 25 }
    # concurrency of none
    lambda = { reserved_concurrency = 0 }
    # port of root
    fargate = { port = 80 }
  }
  expect_failures = [var.name, var.network, var.existing_network, var.domain_name, var.slots, var.pin_secret, var.timeouts, var.lambda, var.fargate]
}

run "third_values" {
  command = plan
  variables {
    # name that aws keeps
    name = "internal"
    # region of another partition
    region = "cn-north-1"
    # weights all zero
    slots = [{ name = "lambda-a", weight = 0 }, { name = "lambda-b", weight = 0 }, { name = "fargate-a", weight = 0 }, { name = "fargate-b", weight = 0 }]
    # deregistration shorter than drain
    timeouts = { deregistration_delay_s = 24 }
    # more tasks than most
    fargate = { min_tasks = 11 }
  }
  expect_failures = [var.name, var.region, var.slots, var.timeouts, var.fargate]
}

run "fourth_values" {
  command = plan
  variables {
    # two slots alike
    slots = [{ name = "lambda-a", weight = 1 }, { name = "lambda-a", weight = 0 }, { name = "fargate-a", weight = 1 }, { name = "fargate-b", weight = 0 }]
    # request longer than lambda
    timeouts = { request_s = 30 }
  }
  expect_failures = [var.slots, var.timeouts]
}

run "fifth_values" {
  command = plan
  variables {
    # slot missing
    slots = [{ name = "lambda-a", weight = 1 }]
    # stop longer than fargate waits
    timeouts = { stop_s = 121 }
  }
  expect_failures = [var.slots, var.timeouts]
}

run "sixth_values" {
  command = plan
  variables {
    # slot unknown
    slots = [{ name = "lambda-a", weight = 1 }, { name = "lambda-b", weight = 0 }, { name = "fargate-a", weight = 1 }, { name = "fargate-b", weight = 0 }, { name = "fargate-c", weight = 0 }]
  }
  expect_failures = [var.slots]
}

# Variables that another's condition looks at.
run "values_that_others_look_at" {
  command = plan
  variables {
    # environment unknown
    environment = "staging"
    # zone by name
    zone_id = "example.com"
  }
  expect_failures = [var.environment, var.zone_id]
}
