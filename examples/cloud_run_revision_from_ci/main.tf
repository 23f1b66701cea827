# CI makes the revision (gcloud run deploy --no-traffic, in deploy.yml), and
# Terraform moves the traffic: the plan names the revision that is rolled out.
# The service itself is in the folder service, a root module of its own. The
# guide "Cloud Run beside the google provider" has the whole workflow.
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

variable "revision" {
  description = "The short name of the revision that CI has made; or newest, for the one that was made last."
  type        = string
  default     = "newest"
}

variable "prometheus" {
  type = string
}

resource "rollout_safe_deployment" "api" {
  cloud_run {
    service  = var.service
    revision = var.revision
  }

  step {
    weight = 5
    bake   = "5m"
  }
  step {
    weight = 25
    bake   = "5m"
  }

  gate {
    name        = "errors"
    fail_above  = 1 # percent
    window      = "2m"
    min_samples = 20
    prometheus {
      url     = var.prometheus
      query   = "100 * (sum(rate(rollout_requests_total{revision=\"{{revision}}\",code_class=\"5xx\"}[{{window}}])) or vector(0)) / sum(rate(rollout_requests_total{revision=\"{{revision}}\"}[{{window}}]))"
      samples = "sum(increase(rollout_requests_total{revision=\"{{revision}}\"}[{{window}}]))"
    }
  }
}
