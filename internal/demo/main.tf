# What the demo applies. It runs in a folder of its own, beside a terraform.tfvars that says where the emulated cloud listens.

terraform {
  required_providers {
    rollout = {
      source = "terraform-rollout/rollout"
    }
  }
}

variable "google" {
  description = "Where the emulated Google Cloud listens. A real configuration has no google block: the real one is the default."
  type        = string
}

variable "registry" {
  description = "The registry that holds the shop's images."
  type        = string
}

variable "release" {
  description = "The tag of the image that is to be live."
  type        = string
}

variable "bake" {
  description = "How long each step is watched. Ten minutes would be usual."
  type        = string
  default     = "10s"
}

provider "rollout" {
  progress_file = "progress.jsonl"
  google {
    endpoint = var.google
  }
}

data "rollout_image" "shop" {
  image = "${var.registry}/shop/api:${var.release}"
}

resource "rollout_safe_deployment" "shop" {
  cloud_run {
    service = "projects/demo/locations/us-central1/services/shop"
    image   = data.rollout_image.shop.by_digest
  }

  requires {
    gcp_secret {
      version     = "projects/demo/secrets/stripe-webhook/versions/1"
      readable_by = "shop@demo.iam.gserviceaccount.com"
    }
  }

  step {
    weight = 0
    bake   = "3s"
  }
  step {
    weight = 10
    bake   = var.bake
  }
  step {
    weight = 50
    bake   = var.bake
  }
  watch = var.bake

  gate {
    name     = "health"
    interval = "1s"
    http {
      request {
        path = "/api/v1/health"
      }
    }
  }

  gate {
    name        = "latency"
    fail_above  = 700 # ms, the median of the users' requests
    for         = "5s"
    window      = "5s"
    interval    = "1s"
    min_samples = 5
    prometheus {
      url     = "${var.google}/prometheus"
      query   = "1000 * histogram_quantile(0.5, sum by (le) (rate(rollout_request_duration_seconds_bucket{revision=\"{{revision}}\"}[{{window}}])))"
      samples = "sum(increase(rollout_requests_total{revision=\"{{revision}}\"}[{{window}}]))"
    }
  }
}
