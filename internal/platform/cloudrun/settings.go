package cloudrun

import (
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// settings is the block, decoded: what is wanted of the service.
type settings struct {
	image          string
	revision       rollout.Revision // made elsewhere and named; "" where it is made here, or the newest is wanted
	triggers       string           // what a new revision is wanted for, "" for nothing
	env            map[string]string
	secrets        map[string]secretRef
	command, args  []string
	longestRequest time.Duration
}
