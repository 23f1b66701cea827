# A release with its migrations on AWS: a task of Amazon ECS before the version is
# released, in the network of a service that is there, and a function after its
# promotion. The guide "Jobs" says what both leave behind.
terraform {
  required_version = ">= 1.8"
  required_providers {
    rollout = {
      source = "terraform-rollout/rollout"
    }
  }
}

variable "alias" {
  type        = string
  description = "aws_lambda_alias.live.arn"
}

variable "revision" {
  type        = string
  description = "aws_lambda_function.api.version"
}

variable "migrate_task" {
  type        = string
  description = "aws_ecs_task_definition.migrate.arn"
}

variable "cluster" {
  type        = string
  description = "aws_ecs_cluster.shop.arn"
}

variable "worker" {
  type        = string
  description = "aws_ecs_service.worker.name"
}

variable "contract_function" {
  type        = string
  description = "aws_lambda_function.contract.arn"
}

variable "contract_version" {
  type        = string
  description = "aws_lambda_function.contract.version"
}

resource "rollout_safe_deployment" "api" {
  lambda_alias {
    alias   = var.alias
    version = var.revision
  }

  before {
    name    = "migrate"
    timeout = "30m"
    ecs_task {
      task_definition = var.migrate_task
      cluster         = var.cluster
      service         = var.worker
      command         = ["bin/migrate", "up"]
    }
  }

  step {
    weight = 10
    bake   = "10m"
  }
  watch = "10m"

  after {
    name = "contract"
    lambda {
      function  = var.contract_function
      qualifier = var.contract_version
      payload   = jsonencode({ command = "contract" })
    }
  }
}
