variable "name" {
  description = "The service's name, as the environments have it."
  type        = string
  default     = "duet"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}$", var.name))
    error_message = "name is '${var.name}': it must be 2 to 21 lower-case letters, digits and hyphens, and begin with a letter."
  }

  validation {
    condition     = var.name != "ci"
    error_message = "name is 'ci': the roles of the workflows begin with ci-, and the role apply may change what begins with the name."
  }
}

variable "region" {
  description = "Region of buckets, images and environments."
  type        = string
  default     = "eu-west-1"

  validation {
    condition     = can(regex("^[a-z]{2}-[a-z]+-[0-9]$", var.region)) && !startswith(var.region, "cn-")
    error_message = "region is '${var.region}': it must look like eu-west-1, of none of AWS's partitions for China and governments."
  }
}

variable "environments" {
  description = "GitHub environments that are deployed to, besides pr."
  type        = set(string)
  default     = ["dev", "qa", "prod"]

  validation {
    condition     = length(var.environments) > 0 && alltrue([for name in var.environments : can(regex("^[a-z][a-z0-9-]*$", name))])
    error_message = "environments: there must be one, each of lower-case letters, digits and hyphens."
  }
}

variable "github" {
  description = "The one repository that is trusted, by name and by number: gh api repos/OWNER/NAME --jq '.owner.id, .id'."
  type        = object({ owner = string, owner_id = number, repository = string, repository_id = number })

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+$", var.github.owner)) && can(regex("^[A-Za-z0-9._-]+$", var.github.repository))
    error_message = "github: owner and repository are names, '${var.github.owner}' or '${var.github.repository}' is none; no star can be one."
  }

  validation {
    condition     = alltrue([for id in [var.github.owner_id, var.github.repository_id] : id > 0 && floor(id) == id])
    error_message = "github: owner_id and repository_id must be whole numbers above 0."
  }
}

variable "oidc_provider_arn" {
  description = "The account's identity provider for GitHub's tokens, of which it can have one; null: it has none, one is made."
  type        = string
  default     = null

  validation {
    condition     = var.oidc_provider_arn == null ? true : can(regex("^arn:aws:iam::[0-9]{12}:oidc-provider/token\\.actions\\.githubusercontent\\.com$", var.oidc_provider_arn))
    error_message = "oidc_provider_arn is '${coalesce(var.oidc_provider_arn, "null")}': it must be arn:aws:iam::ACCOUNT:oidc-provider/token.actions.githubusercontent.com."
  }
}

variable "zone_ids" {
  description = "Route 53 zones that environments have names in."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.zone_ids : can(regex("^Z[A-Z0-9]+$", id))])
    error_message = "zone_ids: each must look like Z0123456789ABCDEFGHIJ."
  }
}

variable "images_kept" {
  description = "Images that are kept to go back to."
  type        = number
  default     = 50

  validation {
    condition     = var.images_kept >= 10 && floor(var.images_kept) == var.images_kept
    error_message = "images_kept is ${var.images_kept}: it must be a whole number from 10: what runs must not expire."
  }
}
