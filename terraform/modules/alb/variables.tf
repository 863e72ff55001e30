variable "name" {
  description = "Name of the load balancer."
  type        = string
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Public subnets, in two zones or more."
  type        = list(string)
}

variable "allowed_cidrs" {
  description = "Ranges that may reach it."
  type        = list(string)
}

variable "domain_name" {
  description = "Name of the service; null: HTTP alone."
  type        = string
}

variable "zone_id" {
  description = "Route 53 zone of that name."
  type        = string
}

variable "idle_timeout_s" {
  description = "A connection without a byte is closed after so many seconds."
  type        = number
}

variable "deletion_protection" {
  description = "Whether load balancer and logs refuse to be deleted."
  type        = bool
}

variable "log_retention_days" {
  description = "How long access logs are kept."
  type        = number
}
