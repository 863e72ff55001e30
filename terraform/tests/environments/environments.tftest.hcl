# An environment by its own file of variables: run.sh gives each in turn by -var-file, with an image and
# a zip by TF_VAR_*.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "plans" {
  command = plan

  assert {
    condition     = output.function_name == "${var.name}-${var.environment}" && output.cluster_name == output.function_name && output.table_name == output.function_name
    error_message = "everything has the environment in its name"
  }
  assert {
    condition     = var.domain_name == null ? true : output.url == "https://${var.domain_name}"
    error_message = "a domain means HTTPS"
  }
  assert {
    condition     = var.environment != "prod" || (var.deletion_protection && var.domain_name != null && var.waf.enabled && var.network.zone_count == 3 && var.log_retention_days >= 365 && length(var.alarm_email_addresses) > 0)
    error_message = "prod is protected, in three zones, by HTTPS, behind a firewall, logged for a year, and somebody is told"
  }
  assert {
    condition     = !var.fargate.execute_command
    error_message = "tasks cannot be entered"
  }
}
