variable "name" {
  description = "Name of the function."
  type        = string
}

variable "zip" {
  description = "The first code: bucket, key, SHA-256 in hexadecimal."
  type        = object({ bucket = string, key = string, sha256 = string })
}

variable "architecture" {
  description = "arm64 or x86_64."
  type        = string
}

variable "memory_mb" {
  description = "Memory; CPU goes with it."
  type        = number
}

variable "timeout_s" {
  description = "An invocation is killed after so many seconds."
  type        = number
}

variable "reserved_concurrency" {
  description = "Invocations at once, of the account's; null: what there is."
  type        = number
}

variable "settings" {
  description = "Environment variables."
  type        = map(string)
}

variable "log_level" {
  description = "The least level that is logged."
  type        = string
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
}

variable "data_policy" {
  description = "What the function may do with the table."
  type        = string
}

variable "target_groups" {
  description = "The target group of each slot, by letter."
  type        = map(object({ arn = string, arn_suffix = string, name = string }))
}

variable "vpc" {
  description = "VPC and subnets to be in; null: none."
  type        = object({ id = string, subnet_ids = list(string) })
}

variable "egress" {
  description = "Where the function may connect to on port 443, when it is in a VPC."
  type        = object({ cidrs = list(string), prefix_lists = map(string) })
}

variable "permissions_boundary_arn" {
  description = "Policy that bounds what the role may do; null: none."
  type        = string
}
