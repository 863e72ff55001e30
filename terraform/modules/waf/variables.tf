variable "name" {
  description = "Begins the name of everything."
  type        = string
}

variable "alb_arn" {
  description = "The load balancer."
  type        = string
}

variable "rate_limit" {
  description = "Requests of one address in five minutes."
  type        = number
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
}
