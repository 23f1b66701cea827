terraform {
  required_providers {
    rollout = {
      source = "terraform-rollout/rollout"
    }
  }
}

# Nothing has to be configured: Google's application default credentials are
# used, and nobody is asked before something has to be known.
provider "rollout" {
  progress_file = "rollout.jsonl"
}
