# The production rule. Terraform makes it; from then on its weights belong to the canary, so what the
# rule does is ignored here. Terraform cannot ignore the weights alone: they are members of a set.
#
# A rebuild is asked for by rule_epoch, and follows a target group that was replaced. The successor has
# another priority, so that it is there before the old rule goes: no request falls to the 503.

resource "terraform_data" "rule_epoch" {
  triggers_replace = {
    epoch  = var.rule_epoch
    groups = { for slot, group in local.groups : slot => group.arn }
  }
}

resource "aws_lb_listener_rule" "production" {
  listener_arn = var.listener_arn
  priority     = 40000 + parseint(substr(sha256(jsonencode(terraform_data.rule_epoch.triggers_replace)), 0, 4), 16) % 9999
  tags         = { Name = "${var.name}-production" }

  condition {
    path_pattern {
      values = ["/*"]
    }
  }

  action {
    type = "forward"
    forward {
      dynamic "target_group" {
        for_each = local.groups
        content {
          arn    = target_group.value.arn
          weight = var.weights[target_group.key]
        }
      }
    }
  }

  lifecycle {
    create_before_destroy = true
    ignore_changes        = [action]
    replace_triggered_by  = [terraform_data.rule_epoch]
  }
}

# What the rule does now; outside of a check, since inside every plan would have "something to read".
data "aws_lb_listener_rule" "live" {
  arn = aws_lb_listener_rule.production.arn
}

module "steady_state" {
  source = "../steady_state"

  slots   = { for slot, group in local.groups : group.arn => slot }
  weights = var.weights
  live    = flatten(data.aws_lb_listener_rule.live.action[*].forward[*].target_group)
}
