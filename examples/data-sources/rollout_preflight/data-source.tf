variable "stripe_key" {
  description = "The id of a version. Beside the google provider: google_secret_manager_secret_version.stripe.id"
  type        = string
}

# The same checks as a report: for a pull request, or for watching over time.
data "rollout_preflight" "infra" {
  requires {
    gcp_secret {
      version = var.stripe_key
    }
  }
}

check "infrastructure" {
  assert {
    condition     = data.rollout_preflight.infra.passed
    error_message = join("\n", [for f in data.rollout_preflight.infra.findings : "${f.object}: ${f.why}" if f.status != "passed"])
  }
}
