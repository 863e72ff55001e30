# --- what this is --------------------------------------------------------------------------------
variable "name" {
  description = "The service's name; with the environment it begins the name of everything."
  type        = string
  default     = "duet"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]*[a-z0-9]$", var.name))
    error_message = "name is '${var.name}': it must be lower-case letters, digits and hyphens, and begin with a letter."
  }

  validation {
    condition     = !can(regex("^(internal|sg|aws)-", "${var.name}-"))
    error_message = "name is '${var.name}': AWS takes no name that begins with internal-, sg- or aws-."
  }

  validation {
    condition     = length("${var.name}-${var.environment}") <= 32
    error_message = "name and environment, '${var.name}-${var.environment}', have ${length("${var.name}-${var.environment}")} characters: a load balancer's name has at most 32."
  }
}

variable "environment" {
  description = "dev, qa, prod, or pr-NUMBER for a pull request's own."
  type        = string

  validation {
    condition     = can(regex("^(dev|qa|prod|pr-[0-9]{1,6})$", var.environment))
    error_message = "environment is '${var.environment}': it must be dev, qa, prod or pr-NUMBER."
  }
}

variable "region" {
  description = "AWS region of all of it."
  type        = string
  default     = "eu-west-1"

  validation {
    condition     = can(regex("^[a-z]{2}-[a-z]+-[0-9]$", var.region)) && !startswith(var.region, "cn-")
    error_message = "region is '${var.region}': it must look like eu-west-1, of none of AWS's partitions for China and governments."
  }
}

variable "tags" {
  description = "Tags of everything, besides Service, Environment and ManagedBy."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(lower(key), "aws:") && length(key) <= 128])
    error_message = "tags: a key must not begin with 'aws:' nor have more than 128 characters."
  }
}

variable "deletion_protection" {
  description = "Whether the load balancer, the table and filled buckets refuse to be deleted."
  type        = bool
  default     = true
}

variable "permissions_boundary_arn" {
  description = "Policy that bounds what roles may do, which the role apply must give to those that it makes: bootstrap/'s output. null: none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null ? true : can(regex("^arn:aws:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is '${coalesce(var.permissions_boundary_arn, "null")}': it must look like arn:aws:iam::ACCOUNT:policy/NAME."
  }
}

# --- network -------------------------------------------------------------------------------------
variable "network" {
  description = "The VPC that is made: its range, 2 or 3 zones, and subnets of your choice instead of equal parts."
  type = object({
    cidr          = optional(string, "10.20.0.0/16")
    zone_count    = optional(number, 2)
    public_cidrs  = optional(list(string))
    private_cidrs = optional(list(string))
  })
  default = {}

  validation {
    condition     = can(cidrhost(var.network.cidr, 0)) && can(regex("/(1[6-9]|2[0-3])$", var.network.cidr))
    error_message = "network.cidr is '${var.network.cidr}': it must be an IPv4 range of /16 to /23."
  }

  validation {
    condition     = contains([2, 3], var.network.zone_count)
    error_message = "network.zone_count is ${var.network.zone_count}: it must be 2 or 3."
  }
}

variable "existing_network" {
  description = "A VPC that is there already, instead of one that is made. endpoints: make the private endpoints in it (else it must have its own way to AWS)."
  type = object({
    vpc_id                  = string
    cidr                    = string
    public_subnet_ids       = list(string)
    private_subnet_ids      = list(string)
    private_route_table_ids = optional(list(string), [])
    endpoints               = optional(bool, true)
  })
  default = null

  validation {
    condition     = try(startswith(var.existing_network.vpc_id, "vpc-"), true)
    error_message = "existing_network.vpc_id is '${try(var.existing_network.vpc_id, "")}': it must begin with vpc-."
  }

  validation {
    condition = var.existing_network == null ? true : alltrue([
      for ids in [var.existing_network.public_subnet_ids, var.existing_network.private_subnet_ids] : length(distinct(ids)) >= 2
    ])
    error_message = "existing_network: a load balancer needs public and private subnets in at least two zones."
  }

  validation {
    condition = var.existing_network == null ? true : (
      !var.existing_network.endpoints || length(var.existing_network.private_route_table_ids) > 0
    )
    error_message = "existing_network.private_route_table_ids is empty: the endpoints of S3 and DynamoDB go into these tables."
  }
}

variable "allowed_cidrs" {
  description = "IPv4 ranges that may reach the load balancer."
  type        = list(string)
  default     = ["0.0.0.0/0"]

  validation {
    condition     = length(var.allowed_cidrs) > 0 && alltrue([for cidr in var.allowed_cidrs : can(cidrhost(cidr, 0))])
    error_message = "allowed_cidrs: each must be a range such as 203.0.113.0/24, and there must be one."
  }
}

variable "domain_name" {
  description = "Name of the service, for HTTPS; without one the load balancer speaks HTTP under AWS's own name."
  type        = string
  default     = null

  validation {
    condition     = var.domain_name == null ? true : can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain_name))
    error_message = "domain_name is '${coalesce(var.domain_name, "null")}': it must be a name such as duet.example.com."
  }

  validation {
    condition     = var.domain_name == null || var.zone_id != null
    error_message = "domain_name is '${coalesce(var.domain_name, "null")}' but there is no zone_id: the certificate is proved, and the name set, in a Route 53 zone."
  }
}

variable "zone_id" {
  description = "Id of the public Route 53 zone that holds domain_name."
  type        = string
  default     = null

  validation {
    condition     = var.zone_id == null ? true : can(regex("^Z[A-Z0-9]+$", var.zone_id))
    error_message = "zone_id is '${coalesce(var.zone_id, "null")}': it must look like Z0123456789ABCDEFGHIJ."
  }
}

# --- the rule ------------------------------------------------------------------------------------
variable "slots" {
  description = "The four slots with the weights that the rule is made with; later the canary owns the weights."
  type = list(object({
    name   = string
    weight = number
  }))
  default = [
    { name = "lambda-a", weight = 50 },
    { name = "lambda-b", weight = 0 },
    { name = "fargate-a", weight = 50 },
    { name = "fargate-b", weight = 0 },
  ]

  validation {
    condition     = length(distinct(var.slots[*].name)) == length(var.slots)
    error_message = "slots: two are alike: ${join(", ", distinct([for slot in var.slots : slot.name if length([for other in var.slots : 1 if other.name == slot.name]) > 1]))}."
  }

  validation {
    condition     = length(setsubtract(["lambda-a", "lambda-b", "fargate-a", "fargate-b"], var.slots[*].name)) == 0
    error_message = "slots: missing: ${join(", ", setsubtract(["lambda-a", "lambda-b", "fargate-a", "fargate-b"], var.slots[*].name))}."
  }

  validation {
    condition     = length(setsubtract(var.slots[*].name, ["lambda-a", "lambda-b", "fargate-a", "fargate-b"])) == 0
    error_message = "slots: not one of lambda-a, lambda-b, fargate-a, fargate-b: ${join(", ", setsubtract(var.slots[*].name, ["lambda-a", "lambda-b", "fargate-a", "fargate-b"]))}."
  }

  validation {
    condition     = alltrue([for slot in var.slots : slot.weight >= 0 && slot.weight <= 999 && floor(slot.weight) == slot.weight])
    error_message = "slots: a weight must be a whole number from 0 to 999: ${join(", ", [for slot in var.slots : "${slot.name} has ${slot.weight}" if !(slot.weight >= 0 && slot.weight <= 999 && floor(slot.weight) == slot.weight)])}."
  }

  validation {
    condition     = sum(var.slots[*].weight) > 0
    error_message = "slots: all weights are 0, so nobody would be served."
  }
}

variable "rule_epoch" {
  description = "Raise it to rebuild the production rule with the weights of slots; never while a canary runs."
  type        = number
  default     = 1

  validation {
    condition     = var.rule_epoch >= 1 && floor(var.rule_epoch) == var.rule_epoch
    error_message = "rule_epoch is ${var.rule_epoch}: it must be a whole number from 1."
  }
}

variable "pin_secret" {
  description = "Secret that a request must show, in the header X-Duet-Pin or the cookie duet-pin, to choose its slot: SECRET.SLOT."
  type        = string
  sensitive   = true

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{16,64}$", var.pin_secret))
    error_message = "pin_secret must be 16 to 64 letters, digits, hyphens and underscores."
  }
}

variable "health_check" {
  description = "How the load balancer probes all four slots, at /gtg. Each probe of a Lambda slot is an invocation that is paid for."
  type = object({
    interval_s          = optional(number, 30)
    timeout_s           = optional(number, 5)
    healthy_threshold   = optional(number, 2)
    unhealthy_threshold = optional(number, 2)
  })
  default = {}

  validation {
    condition     = var.health_check.interval_s >= 5 && var.health_check.interval_s <= 300
    error_message = "health_check.interval_s is ${var.health_check.interval_s}: it must be from 5 to 300."
  }

  validation {
    condition     = var.health_check.timeout_s >= 2 && var.health_check.timeout_s < var.health_check.interval_s
    error_message = "health_check.timeout_s is ${var.health_check.timeout_s}: it must be from 2, and shorter than the interval."
  }

  validation {
    condition     = alltrue([for n in [var.health_check.healthy_threshold, var.health_check.unhealthy_threshold] : n >= 2 && n <= 10])
    error_message = "health_check: thresholds must be from 2 to 10."
  }
}

variable "timeouts" {
  description = "The chain of times, in seconds, that lets no request fall between two of them."
  type = object({
    request_s              = optional(number, 29)
    lambda_s               = optional(number, 30)
    alb_idle_s             = optional(number, 60)
    keep_alive_s           = optional(number, 75)
    lame_duck_s            = optional(number, 5)
    drain_s                = optional(number, 20)
    stop_s                 = optional(number, 30)
    deregistration_delay_s = optional(number, 30)
  })
  default = {}

  validation {
    condition     = var.timeouts.alb_idle_s < var.timeouts.keep_alive_s
    error_message = "timeouts: alb_idle_s (${var.timeouts.alb_idle_s}) must be less than keep_alive_s (${var.timeouts.keep_alive_s}): else a task closes a connection that the load balancer is about to use, which is a 502."
  }

  validation {
    condition     = var.timeouts.lame_duck_s + var.timeouts.drain_s < var.timeouts.stop_s
    error_message = "timeouts: lame_duck_s (${var.timeouts.lame_duck_s}) and drain_s (${var.timeouts.drain_s}) must be less than stop_s (${var.timeouts.stop_s}): else a task is killed with requests in flight."
  }

  validation {
    condition     = var.timeouts.lame_duck_s + var.timeouts.drain_s <= var.timeouts.deregistration_delay_s
    error_message = "timeouts: deregistration_delay_s (${var.timeouts.deregistration_delay_s}) must not be less than lame_duck_s and drain_s: else the load balancer cuts requests that a task would finish."
  }

  validation {
    condition     = var.timeouts.request_s < var.timeouts.lambda_s && var.timeouts.lambda_s < var.timeouts.alb_idle_s
    error_message = "timeouts: request_s (${var.timeouts.request_s}) must be less than lambda_s (${var.timeouts.lambda_s}), and that less than alb_idle_s (${var.timeouts.alb_idle_s}): else a slow answer is not a 504 of our own."
  }

  validation {
    condition     = var.timeouts.stop_s <= 120
    error_message = "timeouts.stop_s is ${var.timeouts.stop_s}: Fargate waits at most 120."
  }

  validation {
    condition     = alltrue([for t in values(var.timeouts) : t >= 0 && floor(t) == t])
    error_message = "timeouts: all must be whole numbers of seconds."
  }
}

# --- the homes -----------------------------------------------------------------------------------
variable "settings" {
  description = "Settings of the code in both homes, besides those that follow from other variables."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key in keys(var.settings) : can(regex("^[A-Z][A-Z0-9_]*$", key)) && !startswith(key, "AWS_")])
    error_message = "settings: names must be upper-case, and those that begin with AWS_ are AWS's own: ${join(", ", [for key in keys(var.settings) : key if !can(regex("^[A-Z][A-Z0-9_]*$", key)) || startswith(key, "AWS_")])}."
  }
}

variable "log_level" {
  description = "The least level that is logged."
  type        = string
  default     = "INFO"

  validation {
    condition     = contains(["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"], var.log_level)
    error_message = "log_level is '${var.log_level}': it must be TRACE, DEBUG, INFO, WARN, ERROR or FATAL."
  }
}

variable "log_retention_days" {
  description = "How long logs are kept, those of the load balancer too."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 3653], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}: CloudWatch knows 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827 and 3653."
  }
}

variable "metrics_namespace" {
  description = "CloudWatch's namespace of the metrics that the code writes."
  type        = string
  default     = "Duet"

  validation {
    condition     = length(var.metrics_namespace) > 0 && length(var.metrics_namespace) <= 255 && !startswith(var.metrics_namespace, "AWS/")
    error_message = "metrics_namespace is '${var.metrics_namespace}': it must have 1 to 255 characters and not begin with AWS/."
  }
}

variable "lambda_zip" {
  description = "The function's first code: bucket and key in S3, and its SHA-256 in hexadecimal. Later releases do not come this way."
  type = object({
    bucket = string
    key    = string
    sha256 = string
  })

  validation {
    condition     = can(regex("^[0-9a-f]{64}$", var.lambda_zip.sha256))
    error_message = "lambda_zip.sha256 is '${var.lambda_zip.sha256}': it must be 64 lower-case hexadecimal digits."
  }

  validation {
    condition     = endswith(var.lambda_zip.key, ".zip")
    error_message = "lambda_zip.key is '${var.lambda_zip.key}': it must end with .zip."
  }
}

variable "image" {
  description = "The container's first image, by digest: REPOSITORY@sha256:... Later releases do not come this way."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9./:_-]+@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image is '${var.image}': it must be named by digest, as REPOSITORY@sha256:64 hexadecimal digits; a tag can be moved."
  }
}

variable "lambda" {
  description = "The Lambda home. reserved_concurrency null: what the account has. in_vpc: only where the code must reach something private."
  type = object({
    architecture         = optional(string, "arm64")
    memory_mb            = optional(number, 256)
    reserved_concurrency = optional(number)
    in_vpc               = optional(bool, false)
  })
  default = {}

  validation {
    condition     = contains(["arm64", "x86_64"], var.lambda.architecture)
    error_message = "lambda.architecture is '${var.lambda.architecture}': it must be arm64 or x86_64."
  }

  validation {
    condition     = var.lambda.memory_mb >= 128 && var.lambda.memory_mb <= 10240
    error_message = "lambda.memory_mb is ${var.lambda.memory_mb}: it must be from 128 to 10240."
  }

  validation {
    condition     = var.lambda.reserved_concurrency == null ? true : var.lambda.reserved_concurrency >= 1
    error_message = "lambda.reserved_concurrency must be null or from 1: with 0 every request is throttled."
  }
}

variable "fargate" {
  description = "The Fargate home. min_tasks is of a slot that has traffic; spot_weight of each four tasks beyond on_demand_base run on Spot; execute_command gives up the read-only root, where ECS's agent writes. port is chosen once: a service that runs keeps it."
  type = object({
    architecture        = optional(string, "arm64")
    cpu                 = optional(number, 256)
    memory_mb           = optional(number, 512)
    port                = optional(number, 8080)
    min_tasks           = optional(number, 2)
    max_tasks           = optional(number, 10)
    requests_per_target = optional(number, 30000)
    cpu_percent         = optional(number, 60)
    on_demand_base      = optional(number, 1)
    spot_weight         = optional(number, 2)
    execute_command     = optional(bool, false)
  })
  default = {}

  validation {
    condition     = contains(["arm64", "x86_64"], var.fargate.architecture)
    error_message = "fargate.architecture is '${var.fargate.architecture}': it must be arm64 or x86_64."
  }

  validation {
    condition = contains(lookup({
      256  = [512, 1024, 2048]
      512  = range(1024, 4097, 1024)
      1024 = range(2048, 8193, 1024)
      2048 = range(4096, 16385, 1024)
      4096 = range(8192, 30721, 1024)
    }, var.fargate.cpu, []), var.fargate.memory_mb)
    error_message = "fargate: Fargate has no task of ${var.fargate.cpu} CPU units with ${var.fargate.memory_mb} MB: 256 with 512 to 2048, 512 with 1024 to 4096, 1024 with 2048 to 8192, 2048 with 4096 to 16384, 4096 with 8192 to 30720."
  }

  validation {
    condition     = var.fargate.port >= 1024 && var.fargate.port <= 65535
    error_message = "fargate.port is ${var.fargate.port}: it must be from 1024 to 65535, since the server is not root."
  }

  validation {
    condition     = var.fargate.min_tasks >= 1 && var.fargate.min_tasks <= var.fargate.max_tasks
    error_message = "fargate.min_tasks is ${var.fargate.min_tasks}: it must be from 1 to max_tasks (${var.fargate.max_tasks})."
  }

  validation {
    condition     = var.fargate.spot_weight >= 0 && var.fargate.spot_weight <= 4
    error_message = "fargate.spot_weight is ${var.fargate.spot_weight}: it must be from 0 (no Spot) to 4 (all but the base)."
  }

  validation {
    condition     = var.fargate.cpu_percent >= 10 && var.fargate.cpu_percent <= 90
    error_message = "fargate.cpu_percent is ${var.fargate.cpu_percent}: it must be from 10 to 90."
  }
}

# --- what watches over it ------------------------------------------------------------------------
variable "alarm_thresholds" {
  description = "When an alarm of a target group goes off: percent of 5xx (of at least min_requests a minute), p99 in seconds, Lambda errors a minute."
  type = object({
    error_percent = optional(number, 1)
    min_requests  = optional(number, 100)
    p99_s         = optional(number, 1)
    lambda_errors = optional(number, 5)
  })
  default = {}

  validation {
    condition     = var.alarm_thresholds.error_percent > 0 && var.alarm_thresholds.error_percent <= 100
    error_message = "alarm_thresholds.error_percent is ${var.alarm_thresholds.error_percent}: it must be above 0, up to 100."
  }

  validation {
    condition     = alltrue([for n in [var.alarm_thresholds.min_requests, var.alarm_thresholds.p99_s, var.alarm_thresholds.lambda_errors] : n > 0])
    error_message = "alarm_thresholds: min_requests, p99_s and lambda_errors must be above 0."
  }
}

variable "alarm_email_addresses" {
  description = "Who is told of alarms; each gets a mail to confirm first."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.alarm_email_addresses : can(regex("^[^@ ]+@[^@ ]+$", address))])
    error_message = "alarm_email_addresses: not an address: ${join(", ", [for address in var.alarm_email_addresses : address if !can(regex("^[^@ ]+@[^@ ]+$", address))])}."
  }
}

variable "guard" {
  description = "The guard, which moves a failing home's share to the other one: its code in S3, and the rest of its policy as JSON. Null: none."
  type = object({
    zip    = object({ bucket = string, key = string })
    policy = optional(string, "{}")
  })
  default = null

  validation {
    condition     = var.guard == null ? true : can(keys(jsondecode(var.guard.policy)))
    error_message = "guard.policy is no JSON object."
  }
}

variable "waf" {
  description = "A web application firewall: AWS's common rules, and a limit of requests of one address in five minutes."
  type = object({
    enabled    = optional(bool, false)
    rate_limit = optional(number, 10000)
  })
  default = {}

  validation {
    condition     = var.waf.rate_limit >= 10 && var.waf.rate_limit <= 2000000000
    error_message = "waf.rate_limit is ${var.waf.rate_limit}: it must be from 10 to 2000000000."
  }
}
