# Access logs: the only record of requests that no home saw.

data "aws_caller_identity" "here" {}

locals {
  log_bucket = "${var.name}-alb-logs-${data.aws_caller_identity.here.account_id}"
}

module "log_bucket" {
  source = "../bucket"

  name          = local.log_bucket
  force_destroy = !var.deletion_protection
  expire_days   = var.log_retention_days

  statements = [{
    Sid       = "LoadBalancerLogs"
    Effect    = "Allow"
    Principal = { Service = "logdelivery.elasticloadbalancing.amazonaws.com" }
    Action    = "s3:PutObject"
    Resource  = "arn:aws:s3:::${local.log_bucket}/AWSLogs/${data.aws_caller_identity.here.account_id}/*" # star: a log file has its time in its name
    Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.here.account_id } }
  }]
}
