# The function, its role and its alias belong to the aws provider; which version
# users have, and how they get there, to rollout.
terraform {
  required_version = ">= 1.8"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
    rollout = {
      source = "terraform-rollout/rollout"
    }
  }
}

provider "aws" {
  region = "eu-central-1"
}

provider "rollout" {}

variable "package" {
  type        = string
  description = "The zip file of the code. A build has a name of its own, or always the same: its hash is what counts."
}

variable "colour" {
  type    = string
  default = "blue"
}

resource "aws_iam_role" "api" {
  name = "api"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_lambda_function" "api" {
  function_name = "api"
  role          = aws_iam_role.api.arn
  runtime       = "provided.al2023"
  handler       = "bootstrap"
  filename      = var.package
  publish       = true

  # What the first version is made of, as below: it is what is wanted already then,
  # and the first apply does not roll out another one before there are users.
  environment {
    variables = { COLOUR = var.colour }
  }

  lifecycle {
    ignore_changes = [filename, source_code_hash, environment] # rollout publishes code and environment together
  }
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.api.function_name
  function_version = aws_lambda_function.api.version # until the first rollout

  lifecycle {
    ignore_changes = [function_version, routing_config, description] # all that can change: this resource always sends the weights
  }
}

resource "aws_lambda_function_url" "api" {
  function_name      = aws_lambda_function.api.function_name
  qualifier          = aws_lambda_alias.live.name # without it users would have $LATEST
  authorization_type = "AWS_IAM"
}

resource "rollout_safe_deployment" "api" {
  lambda_alias {
    alias       = aws_lambda_alias.live.arn
    filename    = var.package
    code_sha256 = filebase64sha256(var.package)
    environment = {
      COLOUR = var.colour
    }
  }

  step {
    weight = 10
    bake   = "10m"
  }
  step {
    weight = 50
    bake   = "10m"
  }
  watch = "10m"

  # Figures of the new version alone, of its users behind this alias.
  gate {
    name       = "errors"
    fail_above = 1 # percent of its invocations
    cloudwatch {
      metric = "lambda_errors"
    }
  }
  gate {
    name       = "latency"
    fail_above = 500 # milliseconds
    cloudwatch {
      metric = "lambda_latency_p95"
    }
  }
}

output "url" {
  value = aws_lambda_function_url.api.function_url
}
