# Says at each plan when the weights are others than declared: a canary runs, or somebody forgot one.
# It is a warning; nothing is changed.

locals {
  drift = [
    for group in var.live : "${lookup(var.slots, group.arn, group.arn)} has ${group.weight}"
    if group.weight != lookup(var.weights, lookup(var.slots, group.arn, "none"), -1)
  ]
}

check "steady_state" {
  assert {
    condition     = length(local.drift) == 0
    error_message = "The production rule is not in its declared steady state: ${join(", ", local.drift)}. Terraform changes nothing of it: the weights belong to the canary."
  }
}
