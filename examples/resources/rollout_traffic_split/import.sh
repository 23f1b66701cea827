terraform import rollout_traffic_split.api cloud_run/projects/my-project/locations/europe-west1/services/api

# Or as a block, in configuration:
#
#   import {
#     to = rollout_traffic_split.api
#     id = "cloud_run/projects/my-project/locations/europe-west1/services/api"
#   }
