variable "name" {
  description = "Begins the name of everything."
  type        = string
}

variable "alb_arn_suffix" {
  description = "The load balancer's dimension in metrics."
  type        = string
}

variable "target_groups" {
  description = "The target group of each slot."
  type        = map(object({ arn = string, arn_suffix = string, name = string }))
}

variable "function_name" {
  description = "The function."
  type        = string
}

variable "cluster_name" {
  description = "The ECS cluster."
  type        = string
}

variable "service_names" {
  description = "ECS service of each slot, by letter."
  type        = map(string)
}

variable "thresholds" {
  description = "When an alarm goes off."
  type        = object({ error_percent = number, min_requests = number, p99_s = number, lambda_errors = number })
}

variable "email_addresses" {
  description = "Who is told."
  type        = list(string)
}
