package rollout_test

import (
	"fmt"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

func TestFindingStops(t *testing.T) {
	const unheard = rollout.Status(99)
	for _, c := range []struct {
		finding rollout.Finding
		want    bool
	}{
		{rollout.Finding{Status: rollout.Passed}, false},
		{rollout.Finding{Status: rollout.Failed}, true},
		{rollout.Finding{Status: rollout.Deferred}, false},
		{rollout.Finding{Status: rollout.Skipped}, true},
		{rollout.Finding{Status: unheard}, true},
		{rollout.Finding{}, true},

		{rollout.Finding{Status: rollout.Failed, Advisory: true}, false},
		{rollout.Finding{Status: rollout.Skipped, Advisory: true}, false},
		{rollout.Finding{Status: rollout.Deferred, Advisory: true}, false},

		{rollout.Finding{Status: rollout.Passed, Permission: true}, false},
		{rollout.Finding{Status: rollout.Failed, Permission: true}, true},
		{rollout.Finding{Status: rollout.Deferred, Permission: true}, false},
		{rollout.Finding{Status: rollout.Skipped, Permission: true}, false},
		{rollout.Finding{Status: unheard, Permission: true}, true},
		{rollout.Finding{Permission: true}, true},
		{rollout.Finding{Retry: true}, true},

		{rollout.Finding{Status: rollout.Failed, Permission: true, Advisory: true}, false},
		{rollout.Finding{Status: rollout.Failed, Retry: true}, true},
	} {
		t.Run(fmt.Sprintf("%s advisory=%t permission=%t retry=%t", c.finding.Status, c.finding.Advisory, c.finding.Permission, c.finding.Retry), func(t *testing.T) {
			if got := c.finding.Stops(); got != c.want {
				t.Error(got)
			}
		})
	}
}
