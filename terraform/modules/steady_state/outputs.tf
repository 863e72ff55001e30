output "drift" {
  description = "Slots with another weight than declared."
  value       = local.drift
}
