terraform import rollout_traffic_split.api cloud_run/projects/my-project/locations/europe-west1/services/api
