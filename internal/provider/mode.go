package provider

import (
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// mode says what a requirement that is not met does to a plan.
type mode string

const (
	modeError mode = "error"
	modeWarn  mode = "warn"
	modeOff   mode = "off"
)

// preflightMode reads the switch; the environment variable wins.
func preflightMode(v types.String) (mode, *rollout.Problem) {
	name := "preflight"
	if env := os.Getenv("ROLLOUT_PREFLIGHT"); env != "" {
		name, v = "ROLLOUT_PREFLIGHT", types.StringValue(env)
	}
	m, problem := word(name, v, string(modeError), string(modeWarn), string(modeOff))
	if problem != nil {
		problem.What = fmt.Sprintf("%s = %q has no meaning", name, v.ValueString())
		problem.Why = name + " says what a requirement that is not met does to a plan."
	}
	return mode(m), problem
}
