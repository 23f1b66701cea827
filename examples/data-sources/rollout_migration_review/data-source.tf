variable "migrations" {
  description = "The folder: \"$${path.module}/migrations\""
  type        = string
}

data "rollout_migration_review" "api" {
  directory       = var.migrations
  dialect         = "postgres"
  version         = "15"
  applied_through = "41"
}

# For a pull request: every finding, with its file, its line, and what to do
# instead.
output "findings" {
  value = [for f in data.rollout_migration_review.api.findings : "${f.file}:${f.line} ${f.rule} ${f.object}: ${f.does}" if f.level != "info"]
}

check "migrations" {
  assert {
    condition     = data.rollout_migration_review.api.passed && data.rollout_migration_review.api.rollback_safe
    error_message = join("\n", [for f in data.rollout_migration_review.api.findings : "${f.file}:${f.line} ${f.rule} ${f.object}: ${f.does} Instead: ${join(" ", f.instead)}" if f.level == "error" && f.allowed == null])
  }
}
