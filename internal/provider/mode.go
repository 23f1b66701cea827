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
	name := "preflight"
	if env := os.Getenv("ROLLOUT_PREFLIGHT"); env != "" {
		name, v = "ROLLOUT_PREFLIGHT", types.StringValue(env)
	}
	words := []string{string(modeError), string(modeWarn), string(modeOff)}
	m, problem := word(name, v, words...)
	if problem != nil {
		problem = msgUnknownMode.Found("name", name, "value", v.ValueString(), "words", quoted(words))
	}
	return mode(m), problem
}
