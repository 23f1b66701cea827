# Criteria as a team agrees on them, each as one gate.
#
#   takes everybody home                    promotes only what has
#   ------------------------------------    ---------------------------
#   error rate above 5 % for 5 minutes      errors of at most 0.1 %
#   P95 above 1 s for 5 minutes             a P95 of at most 100 ms
#   CPU or memory above 70 % for 5 minutes  both at most 70 %
#   one payment error                       none
#   three user reports                      at most two
#
# What lies between the two columns, such as 1 % of errors, is waited out: the
# rollout rises only once it is over, and goes home unverified if it is not over
# when the bake is.

variable "service" {
  description = "The id of the Cloud Run service: projects/P/locations/L/services/S."
  type        = string
}

variable "image" {
  type = string
}

variable "reports" {
  description = "The address of whatever counts what users report, such as https://support.example.com/api/reports."
  type        = string
}

resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = var.service
    image   = var.image
  }

  # A gate is judged at each step anew, over windows that begin no earlier than
  # the step. So a bake is longer than the longest window and the delay of the
  # data: Cloud Monitoring's arrive about five minutes late. A plan refuses less.
  step {
    weight = 10
    bake   = "15m"
  }
  step {
    weight = 50
    bake   = "15m"
  }
  watch = "15m" # after promotion, while the way home is still open

  # The same minute of every evaluation has to be bad, for five minutes without a
  # break: a spike of thirty seconds is forgiven, however high it is. A share of
  # few requests says little, so it needs a hundred in a minute; the plan warns
  # where users are too few for that at a step.
  gate {
    name        = "errors"
    fail_above  = 5 # percent
    for         = "5m"
    pass_below  = 0.1
    window      = "1m"
    min_samples = 100
    cloud_monitoring {
      metric = "error_rate"
    }
  }

  gate {
    name        = "slow"
    fail_above  = 1000 # milliseconds
    for         = "5m"
    pass_below  = 100
    window      = "1m"
    min_samples = 100
    cloud_monitoring {
      metric = "latency_p95"
    }
  }

  # What instances use says nothing about requests, so these two stand beside the
  # others, not in their place.
  gate {
    name       = "cpu"
    fail_above = 70 # percent
    for        = "5m"
    window     = "2m"
    cloud_monitoring {
      metric = "cpu"
    }
  }

  gate {
    name       = "memory"
    fail_above = 70 # percent
    for        = "5m"
    window     = "2m"
    cloud_monitoring {
      metric = "memory"
    }
  }

  # One is too many, so it is counted, and neither a full window nor a number of
  # requests is waited for. No entry is none only if the revision reported requests
  # in the same time.
  gate {
    name       = "payments"
    fail_above = 0
    count      = true
    window     = "5m"
    cloud_logging {
      severity = "ERROR"
      filter   = "log_id(\"run.googleapis.com/stderr\") AND textPayload : \"payment failed\""
    }
  }

  # What users report stands in another system, which is asked of the window. This
  # one is as long as the bake, so that three reports within a step are too many,
  # whenever they come. If the address wants a credential, name the environment
  # variable that holds it:
  #
  #   headers_env = { Authorization = "REPORTS_AUTHORIZATION" }
  gate {
    name       = "reports"
    fail_above = 2
    count      = true
    window     = "15m"
    http_json {
      url   = "${var.reports}?revision={{revision}}&from={{start}}&to={{end}}"
      value = "count"
    }
  }
}
