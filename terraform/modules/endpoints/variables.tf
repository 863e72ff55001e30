variable "name" {
  description = "Begins the name of everything."
  type        = string
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "vpc_cidr" {
  description = "Its range: who may use the endpoints."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets that get an address of each endpoint."
  type        = list(string)
}

variable "route_table_ids" {
  description = "Route tables that lead to S3 and DynamoDB."
  type        = list(string)
}

variable "table_arn" {
  description = "The one table that may be reached."
  type        = string
}

variable "execute_command" {
  description = "Whether `aws ecs execute-command` is to work."
  type        = bool
}
