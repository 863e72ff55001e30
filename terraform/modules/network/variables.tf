variable "name" {
  description = "Begins the name of everything."
  type        = string
}

variable "cidr" {
  description = "The VPC's range."
  type        = string
}

variable "zone_count" {
  description = "Zones to be in."
  type        = number
}

variable "public_cidrs" {
  description = "Ranges of the public subnets, one a zone; null: parts of the VPC's."
  type        = list(string)
  default     = null
}

variable "private_cidrs" {
  description = "Ranges of the private subnets, one a zone; null: parts of the VPC's."
  type        = list(string)
  default     = null
}

variable "log_retention_days" {
  description = "How long flow logs are kept."
  type        = number
}

variable "permissions_boundary_arn" {
  description = "Policy that bounds what the role of flow logs may do; null: none."
  type        = string
}
