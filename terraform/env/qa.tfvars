# As prod, smaller.
environment         = "qa"
deletion_protection = false
domain_name         = "duet.qa.example.com"
zone_id             = "Z0QA0EXAMPLE"

fargate = {
  min_tasks   = 1
  max_tasks   = 4
  spot_weight = 3
}
