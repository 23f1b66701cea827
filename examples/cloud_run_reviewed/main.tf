# CI makes revisions and moves the traffic with gcloud. Terraform moves nothing:
# its plan fails before a deployment if something is missing, and says afterwards
# what has become different since the last apply. What was reviewed is what the
# outputs say; a plan shows each difference, with exit code 2 under
# -detailed-exitcode.
terraform {
  required_version = ">= 1.8"
  required_providers {
    rollout = {
      source = "terraform-rollout/rollout"
    }
  }
}

variable "service" {
  type = string
}

variable "stripe_key" {
  description = "The version of the secret that the app needs. It is never read, but for its metadata."
  type        = string
}

data "rollout_status" "api" {
  cloud_run {
    service = var.service
  }
}

data "rollout_preflight" "api" {
  requires {
    gcp_secret {
      version = var.stripe_key
    }
  }

  # Not a check block: the plan has to fail, so that nothing is deployed.
  lifecycle {
    postcondition {
      condition     = self.passed
      error_message = join("\n", [for f in self.findings : "${f.object}: ${f.why}" if f.status != "passed"])
    }
  }
}

check "one_revision_has_all_traffic" {
  assert {
    condition     = data.rollout_status.api.revision != null && data.rollout_status.api.settled
    error_message = "Traffic is divided, or on its way: ${jsonencode(data.rollout_status.api.traffic)}"
  }
}

check "nothing_waits_for_traffic" {
  assert {
    condition     = data.rollout_status.api.unserved == null
    error_message = "What was made last serves nobody: ${coalesce(data.rollout_status.api.unserved, "-")}"
  }
}

check "nobody_asked_to_stop" {
  assert {
    condition     = data.rollout_status.api.abort == null
    error_message = "On the service stands: ${coalesce(data.rollout_status.api.abort, "-")}"
  }
}

output "traffic" {
  value = data.rollout_status.api.traffic
}

output "newest" {
  value = data.rollout_status.api.newest
}
