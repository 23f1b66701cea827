# A service that is made in the same apply, as the google provider would.
resource "terraform_data" "service" {
  input = "projects/my-project/locations/europe-west1/services/api"
}

module "api" {
  source  = "../.."
  service = terraform_data.service.output
  tag     = "europe-docker.pkg.dev/my-project/apps/api:v42"
}

output "preview" {
  value = module.api.preview
}
