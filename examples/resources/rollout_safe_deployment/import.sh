terraform import rollout_safe_deployment.api cloud_run/projects/my-project/locations/europe-west1/services/api
