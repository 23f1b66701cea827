// Package catalog lists the kinds that this provider knows: one line a kind, and
// nothing else. A kind that is not listed does not exist.
package catalog

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/cloudlogging"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/cloudmonitoring"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/cloudwatch"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/cloudwatchalarm"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/cloudwatchlogs"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/httpjson"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/httpprobe"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/prometheus"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/cloudrunservice"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/cloudsqlinstance"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/env"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/gcpsecret"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/gcpserviceaccount"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/gcsbucket"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/httpcheck"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/image"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/pubsubtopic"
)

// Gates returns the sources of measurements, as they stand in documents.
func Gates() []gate.Kind {
	return []gate.Kind{
		httpprobe.Kind(),
		prometheus.Kind(),
		cloudmonitoring.Kind(),
		cloudlogging.Kind(),
		cloudwatch.Kind(),
		cloudwatchalarm.Kind(),
		cloudwatchlogs.Kind(),
		httpjson.Kind(),
	}
}

// Checks returns the requirements, as they stand in documents.
func Checks() []preflight.Kind {
	return []preflight.Kind{
		gcpsecret.Kind(),
		gcpserviceaccount.Kind(),
		cloudsqlinstance.Kind(),
		pubsubtopic.Kind(),
		gcsbucket.Kind(),
		cloudrunservice.Kind(),
		image.Kind(),
		env.Kind(),
		httpcheck.Kind(),
	}
}
