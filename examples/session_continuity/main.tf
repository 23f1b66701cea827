# Who is logged in stays logged in. The gate "session" logs in at the revision
# that is promoted, and asks the candidate whose session it is: each revision
# alone may be well and still forget the other's sessions.
terraform {
  required_version = ">= 1.11" # body_wo; before, use body_env
  required_providers {
    rollout = {
      source = "terraform-rollout/rollout"
    }
  }
}

variable "service" {
  type = string
}

variable "image" {
  description = "The image by digest."
  type        = string
}

variable "probe_password" {
  description = "Of a test account. It stands in neither plan nor state."
  type        = string
  sensitive   = true
  ephemeral   = true
}

resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = var.service
    image   = var.image
  }

  step {
    weight = 0
    bake   = "1m"
  }
  step {
    weight = 10
    bake   = "10m"
  }
  watch = "10m"

  gate {
    name = "session"
    http {
      request { # at what is promoted, before the others
        on      = "promoted"
        path    = "/login"
        method  = "POST"
        body_wo = jsonencode({ user = "probe", password = var.probe_password })
        capture {
          name = "token"
          json = "data.token"
        }
      }
      request { # by the cookie
        path = "/account"
        json {
          path   = "user"
          equals = "probe"
        }
      }
      request { # as a client with a token
        path    = "/account"
        headers = { Authorization = "Bearer {{token}}" }
      }
    }
  }
}
