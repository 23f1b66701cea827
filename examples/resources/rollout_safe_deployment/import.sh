terraform import rollout_safe_deployment.api cloud_run/projects/my-project/locations/europe-west1/services/api

# Or as a block, in configuration:
#
#   import {
#     to = rollout_safe_deployment.api
#     id = "cloud_run/projects/my-project/locations/europe-west1/services/api"
#   }
