# A request with the secret chooses its slot, whatever the weights are: smoke tests of a slot that has no
# traffic, and people who look at a release before others. By a header, or by a cookie for browsers.

locals {
  pin_header = "X-Duet-Pin"
  pin_cookie = "duet-pin"
  slots      = ["lambda-a", "lambda-b", "fargate-a", "fargate-b"]
}

resource "aws_lb_listener_rule" "pin_header" {
  for_each = toset(local.slots)

  listener_arn = var.listener_arn
  priority     = 100 + index(local.slots, each.key)
  tags         = { Name = "${var.name}-pin-header-${each.key}" }

  condition {
    http_header {
      http_header_name = local.pin_header
      values           = ["${var.pin_secret}.${each.key}"]
    }
  }

  action {
    type             = "forward"
    target_group_arn = local.groups[each.key].arn
  }
}

resource "aws_lb_listener_rule" "pin_cookie" {
  for_each = toset(local.slots)

  listener_arn = var.listener_arn
  priority     = 200 + index(local.slots, each.key)
  tags         = { Name = "${var.name}-pin-cookie-${each.key}" }

  condition {
    http_header {
      http_header_name = "Cookie"
      values           = ["*${local.pin_cookie}=${var.pin_secret}.${each.key}*"]
    }
  }

  action {
    type             = "forward"
    target_group_arn = local.groups[each.key].arn
  }
}
