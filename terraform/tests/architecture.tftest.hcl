# What the whole must keep: nothing public but the load balancer, ports, times, names, environments.

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

run "http_without_a_domain" {
  command = plan

  assert {
    condition     = startswith(output.pin_header, "X-")
    error_message = "the plan has outputs"
  }
}

run "alb" {
  command = plan
  module {
    source = "./modules/alb"
  }
  variables {
    name                = "duet-dev"
    vpc_id              = "vpc-0123456789abcdef0"
    subnet_ids          = ["subnet-1", "subnet-2"]
    allowed_cidrs       = ["0.0.0.0/0"]
    domain_name         = null
    zone_id             = null
    idle_timeout_s      = 60
    deletion_protection = true
    log_retention_days  = 30
  }

  assert {
    condition     = aws_lb.this.desync_mitigation_mode == "strictest" && aws_lb.this.drop_invalid_header_fields && aws_lb.this.enable_deletion_protection && aws_lb.this.access_logs[0].enabled
    error_message = "strictest, without invalid fields, protected, logged"
  }
  assert {
    condition     = length(aws_lb_listener.https) == 0 && aws_lb_listener.http[0].default_action[0].fixed_response[0].status_code == "503"
    error_message = "without a domain: HTTP, and 503 where no rule matches"
  }
}

run "alb_with_a_domain" {
  command = plan
  module {
    source = "./modules/alb"
  }
  variables {
    name                = "duet-dev"
    vpc_id              = "vpc-0123456789abcdef0"
    subnet_ids          = ["subnet-1", "subnet-2"]
    allowed_cidrs       = ["0.0.0.0/0"]
    domain_name         = "duet.example.com"
    zone_id             = "Z0123456789"
    idle_timeout_s      = 60
    deletion_protection = true
    log_retention_days  = 30
  }

  assert {
    condition     = aws_lb_listener.https[0].port == 443 && aws_lb_listener.https[0].default_action[0].fixed_response[0].status_code == "503" && startswith(aws_lb_listener.https[0].ssl_policy, "ELBSecurityPolicy-TLS13-")
    error_message = "HTTPS on 443, and 503 where no rule matches"
  }
  assert {
    condition     = length(aws_lb_listener.http) == 0 && aws_lb_listener.redirect[0].default_action[0].redirect[0].protocol == "HTTPS"
    error_message = "80 redirects"
  }
  assert {
    condition     = aws_acm_certificate.this[0].validation_method == "DNS" && output.url == "https://duet.example.com"
    error_message = "the certificate is proved in the zone"
  }
}

run "lambda_home" {
  command = plan
  module {
    source = "./modules/lambda_home"
  }
  variables {
    name                     = "duet-dev"
    zip                      = { bucket = "duet-artifacts-123456789012", key = "lambda/x.zip", sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" }
    architecture             = "arm64"
    memory_mb                = 256
    timeout_s                = 30
    reserved_concurrency     = null
    settings                 = { DUET_STORE = "dynamodb:duet-dev" }
    log_level                = "INFO"
    log_retention_days       = 30
    data_policy              = "{}"
    permissions_boundary_arn = null
    target_groups            = { a = { arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/a/0", arn_suffix = "targetgroup/a/0", name = "a" }, b = { arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/b/0", arn_suffix = "targetgroup/b/0", name = "b" } }
    vpc                      = null
    egress                   = { cidrs = [], prefix_lists = {} }
  }

  assert {
    condition     = output.zip_base64 == base64sha256("hello")
    error_message = "the hash is Lambda's form of the same"
  }
  assert {
    condition     = aws_lambda_function.this.runtime == "provided.al2023" && aws_lambda_function.this.publish && aws_lambda_function.this.tracing_config[0].mode == "Active" && length(aws_lambda_function.this.vpc_config) == 0
    error_message = "a custom runtime, published, traced, in no VPC"
  }
  assert {
    condition     = aws_lambda_function.this.timeout == 30 && aws_lambda_function.this.memory_size == 256 && aws_lambda_function.this.reserved_concurrent_executions == -1 && aws_cloudwatch_log_group.this.retention_in_days == 30
    error_message = "time, memory and the days of its log as said; of concurrency what the account has"
  }
  assert {
    condition     = alltrue([for letter, permission in aws_lambda_permission.alb : permission.qualifier == letter && permission.principal == "elasticloadbalancing.amazonaws.com" && endswith(permission.source_arn, "/${letter}/0") && permission.source_account == "123456789012"])
    error_message = "each alias may be called by its own target group alone"
  }
  assert {
    condition     = jsonencode([keys(aws_lambda_permission.alb), keys(aws_lambda_alias.slot)]) == jsonencode([["a", "b"], ["a", "b"]])
    error_message = "an alias for each slot"
  }
}

run "fargate_home" {
  module {
    source = "./modules/fargate_home"
  }
  variables {
    name                     = "duet-dev"
    architecture             = "arm64"
    cpu                      = 256
    memory_mb                = 512
    port                     = 8080
    tasks                    = { min = 2, max = 10 }
    initial_weights          = { a = 50, b = 0 }
    requests_per_target      = 30000
    cpu_percent              = 60
    on_demand_base           = 1
    spot_weight              = 2
    execute_command          = false
    stop_timeout_s           = 30
    settings                 = { PORT = "8080", DUET_IDLE_TIMEOUT_S = "75" }
    log_retention_days       = 30
    data_policy              = "{}"
    permissions_boundary_arn = null
    vpc_id                   = "vpc-0123456789abcdef0"
    subnet_ids               = ["subnet-1", "subnet-2"]
    egress                   = { cidrs = ["10.0.0.0/16"], prefix_lists = { s3 = "pl-1", dynamodb = "pl-2" } }
    alb_security_group_id    = "sg-0123456789abcdef0"
    alb_arn_suffix           = "app/duet-dev/0"
    target_groups            = { a = { arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/a/0", arn_suffix = "targetgroup/a/0", name = "a" }, b = { arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/b/0", arn_suffix = "targetgroup/b/0", name = "b" } }
  }

  assert {
    condition     = alltrue([for service in aws_ecs_service.slot : service.network_configuration[0].assign_public_ip == false && !service.enable_execute_command && service.deployment_circuit_breaker[0].enable && service.deployment_circuit_breaker[0].rollback])
    error_message = "no task is public, none can be entered, a bad revision goes back by itself"
  }
  assert {
    condition     = alltrue([for service in aws_ecs_service.slot : service.force_new_deployment])
    error_message = "another share of Spot changes a service; without this the provider replaces it"
  }
  assert {
    condition     = aws_ecs_service.slot["a"].desired_count == 2 && aws_ecs_service.slot["b"].desired_count == 0
    error_message = "the slot with traffic has its tasks, the other has none"
  }
  assert {
    condition     = { for part in aws_ecs_service.slot["a"].capacity_provider_strategy : part.capacity_provider => part.weight } == { FARGATE = 2, FARGATE_SPOT = 2 }
    error_message = "half of the tasks beyond the base are on Spot"
  }
  assert {
    condition = jsonencode({ for key, value in jsondecode(aws_ecs_task_definition.this.container_definitions)[0] : key => value if contains(["healthCheck", "readonlyRootFilesystem", "stopTimeout", "user"], key) }) == jsonencode({
      healthCheck            = { command = ["CMD", "/server", "healthcheck"], interval = 10, retries = 3, startPeriod = 10, timeout = 5 }
      readonlyRootFilesystem = true
      stopTimeout            = 30
      user                   = "65532:65532"
    })
    error_message = "its own health check, nowhere to write, time to stop, no root"
  }
  assert {
    condition     = { for row in jsondecode(aws_ecs_task_definition.this.container_definitions)[0].environment : row.name => row.value } == { DUET_IDLE_TIMEOUT_S = "75", DUET_THREADS = "1", PORT = "8080" }
    error_message = "the settings, and a loop for the task's quarter of a vCPU"
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].linuxParameters.capabilities.drop[0] == "ALL"
    error_message = "no capabilities"
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.tasks_from_alb.from_port == 8080 && aws_vpc_security_group_ingress_rule.tasks_from_alb.to_port == 8080 && aws_vpc_security_group_ingress_rule.tasks_from_alb.referenced_security_group_id == "sg-0123456789abcdef0"
    error_message = "the load balancer reaches tasks, on their port alone"
  }
  assert {
    condition     = aws_appautoscaling_policy.requests["a"].target_tracking_scaling_policy_configuration[0].predefined_metric_specification[0].resource_label == "app/duet-dev/0/targetgroup/a/0"
    error_message = "a slot scales by its own target group"
  }
}

run "a_release_keeps_its_revision_and_count" {
  module {
    source = "./modules/fargate_home"
  }
  variables {
    name                     = "duet-dev"
    architecture             = "arm64"
    cpu                      = 2048
    memory_mb                = 4096
    port                     = 8080
    tasks                    = { min = 5, max = 10 }
    initial_weights          = { a = 50, b = 50 }
    requests_per_target      = 30000
    cpu_percent              = 60
    on_demand_base           = 1
    spot_weight              = 2
    execute_command          = true
    stop_timeout_s           = 30
    settings                 = { PORT = "8080", DUET_IDLE_TIMEOUT_S = "75" }
    log_retention_days       = 30
    data_policy              = "{}"
    permissions_boundary_arn = null
    vpc_id                   = "vpc-0123456789abcdef0"
    subnet_ids               = ["subnet-1", "subnet-2"]
    egress                   = { cidrs = ["10.0.0.0/16"], prefix_lists = { s3 = "pl-1", dynamodb = "pl-2" } }
    alb_security_group_id    = "sg-0123456789abcdef0"
    alb_arn_suffix           = "app/duet-dev/0"
    target_groups            = { a = { arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/a/0", arn_suffix = "targetgroup/a/0", name = "a" }, b = { arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/b/0", arn_suffix = "targetgroup/b/0", name = "b" } }
  }

  assert {
    condition     = aws_ecs_task_definition.this.memory == "4096" && aws_ecs_service.slot["a"].desired_count == 2 && aws_appautoscaling_target.slot["b"].min_capacity == 0
    error_message = "another memory is a new revision; services keep theirs, and their count"
  }
  assert {
    condition     = !jsondecode(aws_ecs_task_definition.this.container_definitions)[0].readonlyRootFilesystem
    error_message = "a task that can be entered can be written into: ECS's agent has to"
  }
  assert {
    condition     = contains(jsondecode(aws_ecs_task_definition.this.container_definitions)[0].environment, { name = "DUET_THREADS", value = "2" })
    error_message = "a loop for each of the task's vCPUs"
  }
}

run "qa" {
  command = plan
  variables {
    environment = "qa"
    domain_name = "duet.qa.example.com"
    zone_id     = "Z0QA0EXAMPLE"
  }

  assert {
    condition     = output.url == "https://duet.qa.example.com"
    error_message = "HTTPS, by name"
  }
}

run "an_existing_network" {
  command = plan
  variables {
    existing_network = {
      vpc_id             = "vpc-0123456789abcdef0"
      cidr               = "10.9.0.0/16"
      public_subnet_ids  = ["subnet-1", "subnet-2"]
      private_subnet_ids = ["subnet-3", "subnet-4"]
      endpoints          = false
    }
  }

  assert {
    condition     = length(module.network) == 0 && length(module.endpoints) == 0
    error_message = "nothing is made in it"
  }
}

run "the_longest_name" {
  command = plan
  variables {
    name        = "the-longest-name-there0"
    environment = "pr-99999"
  }
}
