# The architecture, from the outside inwards: a network without a way out, the load balancer in front of
# it, one rule over four slots, and the two homes that fill them.

locals {
  full_name = "${var.name}-${var.environment}"

  # What the code reads in both homes; runtime/core/config.c has the list.
  settings = merge({
    DUET_STORE              = "dynamodb:${module.data.table_name}"
    DUET_METRICS_NAMESPACE  = var.metrics_namespace
    DUET_REQUEST_TIMEOUT_MS = tostring(var.timeouts.request_s * 1000)
  }, var.settings)
}

# --- network -------------------------------------------------------------------------------------
module "network" {
  source = "./modules/network"
  count  = var.existing_network == null ? 1 : 0

  name               = local.full_name
  cidr               = var.network.cidr
  zone_count         = var.network.zone_count
  public_cidrs       = var.network.public_cidrs
  private_cidrs      = var.network.private_cidrs
  log_retention_days = var.log_retention_days

  permissions_boundary_arn = var.permissions_boundary_arn
}

locals {
  network = var.existing_network != null ? var.existing_network : {
    vpc_id                  = module.network[0].vpc_id
    cidr                    = module.network[0].cidr
    public_subnet_ids       = module.network[0].public_subnet_ids
    private_subnet_ids      = module.network[0].private_subnet_ids
    private_route_table_ids = module.network[0].private_route_table_ids
    endpoints               = true
  }
  has_endpoints = var.existing_network == null || try(var.existing_network.endpoints, true)
}

module "endpoints" {
  source = "./modules/endpoints"
  count  = local.has_endpoints ? 1 : 0

  name            = local.full_name
  vpc_id          = local.network.vpc_id
  vpc_cidr        = local.network.cidr
  subnet_ids      = local.network.private_subnet_ids
  route_table_ids = local.network.private_route_table_ids
  table_arn       = module.data.table_arn
  execute_command = var.fargate.execute_command
}

locals {
  # Where code may connect to, on port 443: the endpoints, or all addresses where the VPC has a way of
  # its own to AWS.
  egress = {
    cidrs        = local.has_endpoints ? [local.network.cidr] : ["0.0.0.0/0"]
    prefix_lists = local.has_endpoints ? module.endpoints[0].prefix_list_ids : {}
  }
}

# --- data ----------------------------------------------------------------------------------------
module "data" {
  source = "./modules/data"

  name                = local.full_name
  deletion_protection = var.deletion_protection
}

# --- load balancer, and the rule that shares traffic out -----------------------------------------
module "alb" {
  source = "./modules/alb"

  name                = local.full_name
  vpc_id              = local.network.vpc_id
  subnet_ids          = local.network.public_subnet_ids
  allowed_cidrs       = var.allowed_cidrs
  domain_name         = var.domain_name
  zone_id             = var.zone_id
  idle_timeout_s      = var.timeouts.alb_idle_s
  deletion_protection = var.deletion_protection
  log_retention_days  = var.log_retention_days
}

module "routing" {
  source = "./modules/routing"

  name                   = local.full_name
  vpc_id                 = local.network.vpc_id
  listener_arn           = module.alb.listener_arn
  weights                = { for slot in var.slots : slot.name => slot.weight }
  rule_epoch             = var.rule_epoch
  pin_secret             = var.pin_secret
  container_port         = var.fargate.port
  health_check           = var.health_check
  deregistration_delay_s = var.timeouts.deregistration_delay_s
}

# --- the two homes -------------------------------------------------------------------------------
module "lambda_home" {
  source = "./modules/lambda_home"

  name                 = local.full_name
  zip                  = var.lambda_zip
  architecture         = var.lambda.architecture
  memory_mb            = var.lambda.memory_mb
  timeout_s            = var.timeouts.lambda_s
  reserved_concurrency = var.lambda.reserved_concurrency
  settings             = local.settings
  log_level            = var.log_level
  log_retention_days   = var.log_retention_days
  data_policy          = module.data.access_policy
  target_groups        = { for letter in ["a", "b"] : letter => module.routing.target_groups["lambda-${letter}"] }
  vpc                  = var.lambda.in_vpc ? { id = local.network.vpc_id, subnet_ids = local.network.private_subnet_ids } : null
  egress               = local.egress

  permissions_boundary_arn = var.permissions_boundary_arn
}

module "fargate_home" {
  source = "./modules/fargate_home"

  name                  = local.full_name
  image                 = var.image
  architecture          = var.fargate.architecture
  cpu                   = var.fargate.cpu
  memory_mb             = var.fargate.memory_mb
  port                  = var.fargate.port
  tasks                 = { min = var.fargate.min_tasks, max = var.fargate.max_tasks }
  requests_per_target   = var.fargate.requests_per_target
  cpu_percent           = var.fargate.cpu_percent
  spot_weight           = var.fargate.spot_weight
  on_demand_base        = var.fargate.on_demand_base
  execute_command       = var.fargate.execute_command
  stop_timeout_s        = var.timeouts.stop_s
  log_retention_days    = var.log_retention_days
  data_policy           = module.data.access_policy
  vpc_id                = local.network.vpc_id
  subnet_ids            = local.network.private_subnet_ids
  egress                = local.egress
  alb_security_group_id = module.alb.security_group_id
  alb_arn_suffix        = module.alb.arn_suffix
  initial_weights       = { for slot in var.slots : trimprefix(slot.name, "fargate-") => slot.weight if startswith(slot.name, "fargate-") }
  target_groups         = { for letter in ["a", "b"] : letter => module.routing.target_groups["fargate-${letter}"] }

  permissions_boundary_arn = var.permissions_boundary_arn

  settings = merge({
    PORT                = tostring(var.fargate.port)
    DUET_IDLE_TIMEOUT_S = tostring(var.timeouts.keep_alive_s)
    DUET_LAME_DUCK_S    = tostring(var.timeouts.lame_duck_s)
    DUET_DRAIN_S        = tostring(var.timeouts.drain_s)
    DUET_LOG_LEVEL      = var.log_level
  }, local.settings)
}

# --- what watches over it ------------------------------------------------------------------------
module "observability" {
  source = "./modules/observability"

  name            = local.full_name
  alb_arn_suffix  = module.alb.arn_suffix
  target_groups   = module.routing.target_groups
  function_name   = module.lambda_home.function_name
  cluster_name    = module.fargate_home.cluster_name
  service_names   = module.fargate_home.service_names
  thresholds      = var.alarm_thresholds
  email_addresses = var.alarm_email_addresses
}

module "guard" {
  source = "./modules/guard"
  count  = var.guard == null ? 0 : 1

  name               = local.full_name
  zip                = var.guard.zip
  architecture       = var.lambda.architecture
  policy             = var.guard.policy
  rule_arn           = module.routing.production_rule_arn
  parameter          = "/duet/${trimprefix(local.full_name, "duet-")}/guard"
  canary_lock        = "/duet/${trimprefix(local.full_name, "duet-")}/canary"
  topic_arn          = module.observability.topic_arn
  cluster_name       = module.fargate_home.cluster_name
  service_names      = values(module.fargate_home.service_names)
  pin_secret         = var.pin_secret
  log_retention_days = var.log_retention_days

  permissions_boundary_arn = var.permissions_boundary_arn
}

module "waf" {
  source = "./modules/waf"
  count  = var.waf.enabled ? 1 : 0

  name               = local.full_name
  alb_arn            = module.alb.arn
  rate_limit         = var.waf.rate_limit
  log_retention_days = var.log_retention_days
}
