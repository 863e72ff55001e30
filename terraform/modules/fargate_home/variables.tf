variable "name" {
  description = "Begins the name of everything."
  type        = string
}

variable "image" {
  description = "The first image, by digest."
  type        = string
}

variable "architecture" {
  description = "arm64 or x86_64."
  type        = string
}

variable "cpu" {
  description = "CPU units of a task, of which a core has 1024."
  type        = number
}

variable "memory_mb" {
  description = "Memory of a task."
  type        = number
}

variable "port" {
  description = "Port of the server."
  type        = number
}

variable "tasks" {
  description = "Tasks of a slot that has traffic."
  type        = object({ min = number, max = number })
}

variable "initial_weights" {
  description = "Weights that the rule is made with, by letter: who gets tasks at first."
  type        = map(number)
}

variable "requests_per_target" {
  description = "Requests a minute that a task should have."
  type        = number
}

variable "cpu_percent" {
  description = "CPU use that a task should have."
  type        = number
}

variable "on_demand_base" {
  description = "Tasks of each slot that are never on Spot."
  type        = number
}

variable "spot_weight" {
  description = "Of each four tasks beyond these, so many are on Spot."
  type        = number
}

variable "execute_command" {
  description = "Whether `aws ecs execute-command` is to work."
  type        = bool
}

variable "stop_timeout_s" {
  description = "Seconds from SIGTERM to SIGKILL."
  type        = number
}

variable "settings" {
  description = "Environment variables."
  type        = map(string)
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
}

variable "data_policy" {
  description = "What the code may do with the table."
  type        = string
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets."
  type        = list(string)
}

variable "egress" {
  description = "Where tasks may connect to on port 443."
  type        = object({ cidrs = list(string), prefix_lists = map(string) })
}

variable "alb_security_group_id" {
  description = "Security group of the load balancer."
  type        = string
}

variable "alb_arn_suffix" {
  description = "The load balancer's dimension in metrics."
  type        = string
}

variable "target_groups" {
  description = "The target group of each slot, by letter."
  type        = map(object({ arn = string, arn_suffix = string, name = string }))
}

variable "permissions_boundary_arn" {
  description = "Policy that bounds what the roles may do; null: none."
  type        = string
}
