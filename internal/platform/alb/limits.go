package alb

import (
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// limits are what is known of listeners without asking. Weights up to 999 hold
// tenths of a percent. A change of weights takes seconds; targets that are new may
// take minutes to pass their checks.
var limits = rollout.Limits{
	Grain: 10, MaxCanary: rollout.Whole - 10, MaxShares: maxShares, Settle: 10 * time.Minute, Guard: rollout.CheckThenAct,
}
