variable "listener" {
  description = "Beside the aws provider: aws_lb_listener.http.arn, through locals"
  type        = string
}

variable "blue" {
  description = "aws_lb_target_group.blue.arn"
  type        = string
}

variable "green" {
  description = "aws_lb_target_group.green.arn"
  type        = string
}

variable "cluster" {
  description = "aws_ecs_cluster.main.arn"
  type        = string
}

variable "release" {
  description = "The image of the release, by digest."
  type        = string
}

data "rollout_slot" "api" {
  alb {
    listener      = var.listener
    target_groups = { blue = var.blue, green = var.green }
    ecs_cluster   = var.cluster
  }
  content = var.release
}

# The task definitions of both services are written with these: the idle one gets the
# release, the other one stays as it is.
output "images" {
  value = data.rollout_slot.api.contents
}

output "next" {
  value = data.rollout_slot.api.target_group
}
