// Package catalog lists the kinds that this provider knows: one line a kind, and
// nothing else. A kind that is not listed does not exist.
package catalog

import (
	"sync"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/cloudlogging"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/cloudmonitoring"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/cloudwatch"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/cloudwatchalarm"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/cloudwatchlogs"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/httpjson"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/httpprobe"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/jobgate"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/prometheus"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/alarm"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/apicompatibility"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/awssecret"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/cloudrunservice"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/cloudsqlinstance"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/configsync"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/databaseschema"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/ecrimage"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/ecscluster"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/env"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/environment"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/gcpsecret"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/gcpserviceaccount"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/gcsbucket"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/httpcheck"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/iamrole"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/image"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/kmskey"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/loggroup"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/migrationreview"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/neonendpoint"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/oldworkerstopped"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/pubsubtopic"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/queuedrained"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/rds"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/releaseorder"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/s3bucket"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/securitygrouppath"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/ssmparameter"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/targetgroup"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/workerjobs"
)

// Gates returns the sources of measurements, as they stand in documents. Like the
// other lists it is built once, because each of Terraform's requests reads it, and
// nobody changes what is in it.
var Gates = sync.OnceValue(func() []gate.Kind {
	return []gate.Kind{
		httpprobe.Kind(),
		prometheus.Kind(),
		cloudmonitoring.Kind(),
		cloudlogging.Kind(),
		cloudwatch.Kind(),
		cloudwatchalarm.Kind(),
		cloudwatchlogs.Kind(),
		httpjson.Kind(),
		jobgate.Kind(Jobs()),
	}
})

// Checks returns the requirements, as they stand in documents.
var Checks = sync.OnceValue(func() []preflight.Kind {
	return []preflight.Kind{
		gcpsecret.Kind(),
		gcpserviceaccount.Kind(),
		cloudsqlinstance.Kind(),
		pubsubtopic.Kind(),
		gcsbucket.Kind(),
		cloudrunservice.Kind(),
		awssecret.Kind(),
		ssmparameter.Kind(),
		iamrole.Kind(),
		s3bucket.Kind(),
		kmskey.Kind(),
		rds.Kind(),
		ecscluster.Kind(),
		ecrimage.Kind(),
		targetgroup.Kind(),
		securitygrouppath.Kind(),
		loggroup.Kind(),
		alarm.Kind(),
		databaseschema.Postgres(),
		databaseschema.MySQL(),
		neonendpoint.Kind(),
		image.Kind(),
		env.Kind(),
		httpcheck.Kind(),
		apicompatibility.Kind(),
		configsync.Kind(),
		environment.Parity(),
		environment.Promoted(),
		migrationreview.Kind(),
		releaseorder.Kind(),
		workerjobs.Kind(),
		queuedrained.Kind(),
		oldworkerstopped.Kind(),
	}
})
