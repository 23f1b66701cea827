# What a pull request changes of the API, beside what the last release described.
# The page web/ is released together with it, and calls what it lists.
data "rollout_api_compatibility" "api" {
  live      = "${path.module}/api/released.yaml"
  candidate = "${path.module}/api/openapi.yaml"

  client {
    name  = "web"
    calls = ["getOrder", "POST /orders"]
  }

  allow {
    rule      = "response-optional-property-removed"
    operation = "getOrder"
    about     = "internal_note"
    reason    = "only the back office read it, and its release of May does no longer"
  }
}

check "api" {
  assert {
    condition     = data.rollout_api_compatibility.api.compatible
    error_message = join("\n", [for f in data.rollout_api_compatibility.api.findings : "${f.operation}: ${f.text}" if f.severity == "error" && !f.allowed])
  }
}

# The same as a requirement: a rollout that would break somebody does not begin.
resource "rollout_preflight" "api" {
  requires {
    api_compatibility {
      live      = "${path.module}/api/released.yaml"
      candidate = "${path.module}/api/openapi.yaml"

      allow {
        rule      = "response-optional-property-removed"
        operation = "getOrder"
        about     = "internal_note"
        reason    = "only the back office read it, and its release of May does no longer"
      }
    }
  }
}
