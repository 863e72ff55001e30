# Small, and gone in a minute: HTTP under AWS's own name, everything that can be on Spot is.
environment         = "dev"
deletion_protection = false
log_level           = "DEBUG"
log_retention_days  = 7

fargate = {
  min_tasks      = 1
  max_tasks      = 2
  on_demand_base = 0
  spot_weight    = 4
}
