# Three zones, long logs, a firewall; domain and addresses are yours to fill in.
environment        = "prod"
domain_name        = "duet.example.com"
zone_id            = "Z0PROD0EXAMPLE"
log_retention_days = 365

network = { zone_count = 3 }
lambda  = { memory_mb = 512, reserved_concurrency = 200 }
waf     = { enabled = true }

fargate = {
  cpu            = 1024
  memory_mb      = 2048
  min_tasks      = 3
  max_tasks      = 30
  on_demand_base = 3
}

alarm_email_addresses = ["on-call@example.com"]
