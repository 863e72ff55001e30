# A pull request's own, for a day or two. Which one it is, is said on the command line:
#   terraform plan -var-file env/pr.tfvars -var environment=pr-12
deletion_protection = false
log_level           = "DEBUG"
log_retention_days  = 1

fargate = {
  min_tasks      = 1
  max_tasks      = 1
  on_demand_base = 0
  spot_weight    = 4
}
