package provider

import (
	"slices"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/catalog"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Messages is every error and every warning that the provider may print, but for
// what a vendor or Terraform says in its own words. IDs that begin with "now." or
// "todo." or "way_home." are sentences within the messages about a rollout.
func Messages() []rollout.Message {
	out := slices.Concat(configMessages(), planMessages(), gateMessages(), termMessages(), functionMessages(), applyMessages(), workflowMessages(), importMessages(), abortMessages(), engine.Messages(), cloud.Messages(), web.Messages())
	for _, k := range catalog.Platforms() {
		out = append(out, k.Messages...)
	}
	for _, k := range catalog.Gates() {
		out = append(out, k.Messages...)
	}
	for _, k := range catalog.Checks() {
		out = append(out, k.Messages...)
	}
	return out
}

// What comes of a requirement that is not met, or of a gate that cannot be, says
// the place where that is found.
const (
	// wayRound ends every error of a plan: a person may need the plan all the
	// same, and Terraform makes one before it destroys.
	wayRound       = `Nothing was changed. To see the plan all the same, or to destroy, set ROLLOUT_PREFLIGHT=warn (or preflight = "warn" in the provider): apply checks again, and stops before anything moves.`
	warnedInstead  = "Nothing was changed. With ROLLOUT_PREFLIGHT=warn this is a warning."
	lookedAtAgain  = "It is looked at again in apply, and stops it before anything moves if it still cannot be verified."
	stopsAsItIs    = "It is looked at again in apply, and stops it before anything moves if it is still as it is now."
	nothingWritten = "Nothing was written."
	barrierClosed  = "The barrier is closed: what depends on it was not applied."
)
