# What a revision needs on AWS, checked before anything moves: in the plan as far
# as it is known, in apply before the first write and before each step. Beside the
# aws provider every name below is a computed ARN or id, so that what the same
# apply creates is looked at once it exists. Only metadata is read.
terraform {
  required_version = ">= 1.8"
  required_providers {
    rollout = {
      source = "terraform-rollout/rollout"
    }
  }
}

variable "alias" {
  description = "aws_lambda_alias.live.arn"
  type        = string
}

variable "revision" {
  description = "aws_lambda_function.api.version"
  type        = string
}

variable "secret_id" {
  description = "aws_secretsmanager_secret_version.stripe.id: the version that has to be the current one."
  type        = string
}

variable "parameter" {
  description = "aws_ssm_parameter.url.arn"
  type        = string
}

variable "role" {
  description = "aws_iam_role.api.arn"
  type        = string
}

variable "uploads" {
  description = "aws_s3_bucket.uploads.arn"
  type        = string
}

variable "key" {
  description = "aws_kms_key.app.arn"
  type        = string
}

variable "orders" {
  description = "aws_db_instance.orders.arn"
  type        = string
}

variable "client_group" {
  description = "aws_security_group.api.id"
  type        = string
}

variable "database_group" {
  description = "aws_security_group.orders.id"
  type        = string
}

variable "logs" {
  description = "aws_cloudwatch_log_group.api.arn"
  type        = string
}

variable "mailer_service" {
  description = "aws_ecs_service.mailer.id"
  type        = string
}

variable "mailer_task" {
  description = "aws_ecs_task_definition.mailer.arn"
  type        = string
}

variable "alarm" {
  description = "aws_cloudwatch_metric_alarm.errors.arn"
  type        = string
}

resource "rollout_safe_deployment" "api" {
  lambda_alias {
    alias   = var.alias
    version = var.revision
  }

  requires {
    aws_secret {
      secret = var.secret_id # its value is never read
    }
    ssm_parameter {
      parameter = var.parameter
    }
    iam_role {
      role      = var.role
      trusts    = "lambda.amazonaws.com"
      allows    = ["s3:GetObject"] # simulated; a warning where Terraform may not simulate
      resources = ["${var.uploads}/*"]
    }
    s3_bucket {
      name       = var.uploads
      versioning = true
      prefix     = "models/v7/"
    }
    kms_key {
      key = var.key
    }
    rds {
      instance       = var.orders
      engine_version = "16"
      # no maintenance is due as long as the rollout takes
    }
    security_group_path {
      from = var.client_group
      to   = var.database_group
      port = 5432
    }
    log_group {
      group = var.logs
    }
    old_worker_stopped {
      ecs_service     = var.mailer_service
      task_definition = var.mailer_task
      stop_after      = "10m" # what it has in flight may end; then it is told to
      within          = "15m" # by then it has, or nothing moves
    }
    alarm {
      alarm    = var.alarm
      advisory = true # this rollout may be the repair
    }
  }

  step {
    weight = 10
    bake   = "10m"
  }
}
