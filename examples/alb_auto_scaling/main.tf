# The network, the load balancer and the two Auto Scaling groups belong to the aws
# provider; which of the two groups has users, and how they get there, to rollout.
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

variable "ami" {
  type        = string
  description = "What users are to have: the image of a machine that answers on port 8080, where /healthz says whether it is well."
}

locals {
  slots = toset(["blue", "green"])
}

# A network for it. Use your own where you have one.

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
  target_type          = "instance"
  vpc_id               = aws_vpc.main.id
  deregistration_delay = 30 # no request takes longer: longest_request below is compared with it

  health_check {
    path = "/healthz"
  }
}

# Both groups stay attached, one of them at weight 0: a group that no listener names
# is not checked.
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

# Through locals, and not straight: where a data source names a resource itself,
# Terraform puts it off to the apply whenever anything about that resource changes,
# and such a plan would not know what either slot is to hold.
locals {
  listener      = aws_lb_listener.http.arn
  target_groups = { for slot in local.slots : slot => aws_lb_target_group.api[slot].arn }
}

# Which of the two the image belongs into: where users have it already, or where
# nobody is served.
data "rollout_slot" "api" {
  alb {
    listener      = local.listener
    target_groups = local.target_groups
  }
  content = var.ami
}

# contents is the new image for the one slot, and what it has now for the other, so
# a release changes one launch template and one group: never those that have users.
# With a common template every instance that the other group starts, for whatever
# reason, would have the new image.
resource "aws_launch_template" "api" {
  for_each               = local.slots
  name                   = "api-${each.key}"
  image_id               = data.rollout_slot.api.contents[each.key]
  instance_type          = "t3.micro"
  vpc_security_group_ids = [aws_security_group.api.id]
}

resource "aws_autoscaling_group" "api" {
  for_each            = local.slots
  name                = "api-${each.key}"
  min_size            = 2
  max_size            = 4
  min_elb_capacity    = 2 # the first time nobody else would wait
  vpc_zone_identifier = [for s in aws_subnet.main : s.id]
  target_group_arns   = [aws_lb_target_group.api[each.key].arn]
  health_check_type   = "ELB"

  launch_template {
    id      = aws_launch_template.api[each.key].id
    version = aws_launch_template.api[each.key].latest_version # a number, so that old instances are told from new ones
  }

  # Another version replaces the instances. The apply goes on at once: rollout waits
  # until all of them have it.
  instance_refresh {
    strategy = "Rolling"
  }

  depends_on = [aws_lb_listener.http]
}

resource "rollout_safe_deployment" "api" {
  alb {
    listener        = aws_lb_listener.http.arn
    target_group    = data.rollout_slot.api.target_group
    content         = var.ami
    longest_request = "20s"

    # A plan that would change what users are served from is refused: also where it
    # is not the image, but the type of the machine.
    behind = { for slot in local.slots : aws_lb_target_group.api[slot].name => aws_launch_template.api[slot].latest_version }
  }

  requires {
    target_group {
      group             = data.rollout_slot.api.target_group
      attached          = true
      health_check_path = "/healthz"
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

  depends_on = [aws_autoscaling_group.api]
}

output "url" {
  value = "http://${aws_lb.front.dns_name}"
}
