variable "slots" {
  description = "The slot of each target group, by its ARN."
  type        = map(string)
}

variable "weights" {
  description = "Declared weight of each slot."
  type        = map(number)
}

variable "live" {
  description = "What the rule has."
  type        = list(object({ arn = string, weight = number }))
}
