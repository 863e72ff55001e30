# What must be there before an environment can be: where states, zips and images are kept. Once an
# account; all environments share it, so that qa and prod get the very bytes that dev had.

data "aws_caller_identity" "here" {}

locals {
  account = data.aws_caller_identity.here.account_id
}

# --- states: versions are kept, and the lock is a file beside the state --------------------------
module "state_bucket" {
  source = "../modules/bucket"

  name                     = "${var.name}-state-${local.account}"
  force_destroy            = false
  expire_old_versions_days = 365
}

# --- zips of the function, named by their hash ---------------------------------------------------
module "artifact_bucket" {
  source = "../modules/bucket"

  name          = "${var.name}-artifacts-${local.account}"
  force_destroy = false
}

# --- images, named by their digest ---------------------------------------------------------------
resource "aws_ecr_repository" "this" {
  name                 = var.name
  image_tag_mutability = "IMMUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "AES256"
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  repository = aws_ecr_repository.this.name

  policy = jsonencode({
    rules = [
      {
        rulePriority = 1
        description  = "What has no tag is of a build that did not end"
        selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 7 }
        action       = { type = "expire" }
      },
      {
        rulePriority = 2
        description  = "Releases to go back to"
        selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = var.images_kept }
        action       = { type = "expire" }
      },
    ]
  })
}
