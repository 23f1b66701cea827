variable "tag" {
  description = "An image by tag: europe-docker.pkg.dev/my-project/apps/api:v42"
  type        = string
}

data "rollout_image" "api" {
  image = var.tag
}

# What a plan shows here is what goes live.
output "image" {
  value = data.rollout_image.api.by_digest
}
