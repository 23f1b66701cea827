package provider

import (
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
	if env := os.Getenv("ROLLOUT_PREFLIGHT"); env != "" {
		m, problem := word("ROLLOUT_PREFLIGHT", types.StringValue(env), string(modeError), string(modeWarn), string(modeOff))
		return mode(m), problem
	}
	m, problem := word("preflight", v, string(modeError), string(modeWarn), string(modeOff))
	return mode(m), problem
}
