variable "name" {
  description = "Name of the architecture; the function's is NAME-guard."
  type        = string
}

variable "zip" {
  description = "The function's code: bucket and key."
  type        = object({ bucket = string, key = string })
}

variable "architecture" {
  description = "arm64 or x86_64."
  type        = string
}

variable "policy" {
  description = "The rest of its policy, as JSON."
  type        = string
}

variable "rule_arn" {
  description = "The production rule."
  type        = string
}

variable "parameter" {
  description = "The parameter that holds its state."
  type        = string
}

variable "canary_lock" {
  description = "The parameter that a canary holds."
  type        = string
}

variable "topic_arn" {
  description = "Topic of its messages."
  type        = string
}

variable "cluster_name" {
  description = "Cluster of the services."
  type        = string
}

variable "service_names" {
  description = "The Fargate home's services, one for each slot, that it may give tasks."
  type        = list(string)
}

variable "pin_secret" {
  description = "Secret of the pin rules, for its probes."
  type        = string
  sensitive   = true
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
}

variable "permissions_boundary_arn" {
  description = "Boundary of its role; null: none."
  type        = string
}
