# Access logs: the only record of requests that no home saw.

data "aws_caller_identity" "here" {}

module "log_bucket" {
  source = "../bucket"

  name                  = "${var.name}-alb-logs-${data.aws_caller_identity.here.account_id}"
  force_destroy         = !var.deletion_protection
  expire_days           = var.log_retention_days
  load_balancer_logs_of = data.aws_caller_identity.here.account_id
}
