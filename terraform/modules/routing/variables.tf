variable "name" {
  description = "Begins the name of everything."
  type        = string
}

variable "vpc_id" {
  description = "The VPC of the tasks."
  type        = string
}

variable "listener_arn" {
  description = "The listener that serves clients."
  type        = string
}

variable "weights" {
  description = "Weight of each slot, as the rule is made, and as it should be when no canary runs."
  type        = map(number)
}

variable "rule_epoch" {
  description = "Another number rebuilds the rule."
  type        = number
}

variable "pin_secret" {
  description = "What a request must show to choose its slot."
  type        = string
  sensitive   = true
}

variable "container_port" {
  description = "Port of the tasks."
  type        = number
}

variable "health_check" {
  description = "How the slots are probed."
  type = object({
    interval_s          = number
    timeout_s           = number
    healthy_threshold   = number
    unhealthy_threshold = number
  })
}

variable "deregistration_delay_s" {
  description = "A task that leaves has so many seconds for what it began."
  type        = number
}
