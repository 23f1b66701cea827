package provider

import (
	"slices"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/catalog"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/job"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Messages is every error and every warning that the provider may print, but for
// what a vendor or Terraform says in its own words. IDs that begin with "now." or
// "todo." or "way_home." are sentences within the messages about a rollout.
func Messages() []rollout.Message {
	out := slices.Concat(configMessages(), planMessages(), gateMessages(), functionMessages(), workflowMessages(), termMessages(), abortMessages(), wayBackMessages(), importMessages(), applyMessages(), engine.Messages(), cloud.Messages(), web.Messages(), releaseMessages(), jobMessages(), job.Messages())
	for _, k := range catalog.Platforms() {
		out = append(out, k.Messages...)
	}
	for _, k := range catalog.Gates() {
		out = append(out, k.Messages...)
	}
	for _, k := range catalog.Jobs() {
		out = append(out, k.Messages...)
	}
	for _, k := range catalog.Checks() {
		out = append(out, k.Messages...)
	}
	return out
}
