# The network, the load balancer, the cluster and its services belong to the aws
# provider; which of the two services has users, and how they get there, to rollout.
# A release is one line: another image.
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

variable "image" {
  type        = string
  description = "What users are to have, by digest. It answers on port 8080, and /healthz says whether it is well."
}

locals {
  slots = toset(["blue", "green"])
}

# A network that reaches the registry. Use your own where you have one.

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route" "out" {
  route_table_id         = aws_vpc.main.main_route_table_id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.main.id
}

resource "aws_subnet" "main" {
  for_each          = { a = "10.0.1.0/24", b = "10.0.2.0/24" }
  vpc_id            = aws_vpc.main.id
  availability_zone = "eu-central-1${each.key}"
  cidr_block        = each.value
}

resource "aws_security_group" "front" {
  name   = "front"
  vpc_id = aws_vpc.main.id

  ingress {
    from_port   = 80
    to_port     = 80
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_security_group" "api" {
  name   = "api"
  vpc_id = aws_vpc.main.id

  ingress {
    from_port       = 8080
    to_port         = 8080
    protocol        = "tcp"
    security_groups = [aws_security_group.front.id]
  }
  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_lb" "front" {
  name               = "front"
  load_balancer_type = "application"
  subnets            = [for s in aws_subnet.main : s.id]
  security_groups    = [aws_security_group.front.id]
}

resource "aws_lb_target_group" "api" {
  for_each             = local.slots
  name                 = "api-${each.key}"
  port                 = 8080
  protocol             = "HTTP"
  target_type          = "ip"
  vpc_id               = aws_vpc.main.id
  deregistration_delay = 30 # no request takes longer: longest_request below is compared with it

  health_check {
    path = "/healthz"
  }
}

# Both groups stay attached, one of them at weight 0: Amazon ECS starts no task
# behind a group that no load balancer names.
resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.front.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type = "forward"
    forward {
      dynamic "target_group" {
        for_each = local.slots
        content {
          arn    = aws_lb_target_group.api[target_group.value].arn
          weight = target_group.value == "blue" ? 100 : 0 # until the first rollout
        }
      }
    }
  }

  lifecycle {
    ignore_changes = [default_action] # the weights are moved by rollout
  }
}

resource "aws_ecs_cluster" "main" {
  name = "main"
}

resource "aws_iam_role" "execution" {
  name = "api-execution"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "execution" {
  name = "pull"
  role = aws_iam_role.execution.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"]
      Resource = "*"
    }]
  })
}

# Through locals, and not straight: where a data source names a resource itself,
# Terraform puts it off to the apply whenever anything about that resource changes,
# and such a plan would not know what either slot is to hold.
locals {
  listener      = aws_lb_listener.http.arn
  target_groups = { for slot in local.slots : slot => aws_lb_target_group.api[slot].arn }
  ecs_cluster   = aws_ecs_cluster.main.arn
}

# Which of the two the image belongs into: where users have it already, or where
# nobody is served.
data "rollout_slot" "api" {
  alb {
    listener      = local.listener
    target_groups = local.target_groups
    ecs_cluster   = local.ecs_cluster
  }
  content = var.image
}

# contents is the new image for the one slot, and what it has now for the other, so
# a release changes one task definition and one service: never those that have users.
resource "aws_ecs_task_definition" "api" {
  for_each                 = local.slots
  family                   = "api-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn
  skip_destroy             = true # tasks that serve are started from the one before

  container_definitions = jsonencode([{
    name         = "api"
    image        = data.rollout_slot.api.contents[each.key]
    essential    = true
    portMappings = [{ containerPort = 8080 }]
  }])
}

resource "aws_ecs_service" "api" {
  for_each              = local.slots
  name                  = "api-${each.key}"
  cluster               = aws_ecs_cluster.main.arn
  task_definition       = aws_ecs_task_definition.api[each.key].arn
  desired_count         = 2
  launch_type           = "FARGATE"
  wait_for_steady_state = true # the first time nobody else would wait

  network_configuration {
    subnets          = [for s in aws_subnet.main : s.id]
    security_groups  = [aws_security_group.api.id]
    assign_public_ip = true
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.api[each.key].arn
    container_name   = "api"
    container_port   = 8080
  }

  depends_on = [aws_lb_listener.http, aws_iam_role_policy.execution]
}

resource "rollout_safe_deployment" "api" {
  alb {
    listener        = aws_lb_listener.http.arn
    target_group    = data.rollout_slot.api.target_group
    content         = var.image
    ecs_cluster     = aws_ecs_cluster.main.arn
    longest_request = "20s"

    # A plan that would change what users are served from is refused: also where it
    # is not the image, but memory or a setting.
    behind = { for slot in local.slots : aws_lb_target_group.api[slot].name => aws_ecs_task_definition.api[slot].arn }
  }

  requires {
    iam_role {
      role   = aws_iam_role.execution.arn
      trusts = "ecs-tasks.amazonaws.com"
      allows = ["ecr:BatchGetImage"]
    }
  }

  step {
    weight = 10
    bake   = "5m"
  }
  step {
    weight = 50
    bake   = "5m"
  }
  watch = "5m"

  gate {
    name        = "errors"
    fail_above  = 1 # percent
    window      = "2m"
    min_samples = 20
    cloudwatch {
      metric = "target_5xx"
    }
  }

  depends_on = [aws_ecs_service.api]
}

output "url" {
  value = "http://${aws_lb.front.dns_name}"
}
