# What a revision needs of live databases, checked before anything moves: the
# migrations that it was written for are applied, and the database has the size
# that was planned. No credential stands here: DATABASE_URL, MYSQL_PASSWORD and
# NEON_API_KEY are environment variables where Terraform runs.
terraform {
  required_version = ">= 1.8"
  required_providers {
    rollout = {
      source = "terraform-rollout/rollout"
    }
  }
}

variable "service" {
  description = "google_cloud_run_v2_service.api.id"
  type        = string
}

variable "image" {
  description = "By digest: by_digest of the data source rollout_image."
  type        = string
}

variable "mysql_host" {
  description = "aws_db_instance.reports.address"
  type        = string
}

variable "mysql_port" {
  description = "aws_db_instance.reports.port"
  type        = number
  default     = 3306
}

variable "neon_project" {
  description = "neon_project.shop.id"
  type        = string
}

variable "neon_endpoint" {
  description = "neon_endpoint.main.id"
  type        = string
}

resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = var.service
    image   = var.image
  }

  requires {
    postgres_schema {
      url_env     = "DATABASE_URL"
      min_version = "13"
      at_plan     = "skip" # pull requests are planned where the database cannot be reached
      within      = "5m"   # a migration that runs just now may end

      table {
        name    = "orders"
        columns = ["id", "customer_id"]
        indexes = ["orders_total_idx"] # there, and valid
        column {
          name     = "total"
          type     = "numeric(12,2)"
          nullable = false
        }
      }
      migrations {
        tool    = "golang_migrate"
        version = "7"
      }
    }

    mysql_schema {
      host         = var.mysql_host # a computed address is asked once it exists
      port         = var.mysql_port
      database     = "reports"
      user         = "rollout"
      password_env = "MYSQL_PASSWORD"
      engine       = "mariadb"
      min_version  = "10.6"

      table {
        name    = "daily"
        columns = ["day", "revenue"]
      }
    }

    neon_endpoint {
      project         = var.neon_project
      endpoint        = var.neon_endpoint
      min_cu          = 0.5
      max_cu          = 4
      suspend_timeout = "never"
      within          = "10m" # a change of its size takes some minutes to be in effect
    }
  }

  step {
    weight = 10
    bake   = "10m"
  }
}
