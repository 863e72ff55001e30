variable "name" {
  description = "Name of the bucket, in all of AWS its only one."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "the bucket's name '${var.name}' must be 3 to 63 lower-case letters, digits and hyphens."
  }
}

variable "force_destroy" {
  description = "Whether it may be deleted with what is in it."
  type        = bool
}

variable "expire_days" {
  description = "Objects go after so many days; null: never."
  type        = number
  default     = null
}

variable "expire_old_versions_days" {
  description = "What was overwritten or deleted is kept so many days."
  type        = number
  default     = 30
}

variable "load_balancer_logs_of" {
  description = "Account whose load balancers may write their logs here; null: none."
  type        = string
  default     = null
}
