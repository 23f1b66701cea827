package provider

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

func TestAnswersHold(t *testing.T) {
	for name, c := range map[string]struct {
		found []rollout.Finding
		holds time.Duration
	}{
		"passed":                {[]rollout.Finding{{Status: rollout.Passed}, {Status: rollout.Passed}}, 5 * time.Minute},
		"one failed":            {[]rollout.Finding{{Status: rollout.Passed}, {Status: rollout.Failed}}, 5 * time.Second},
		"one was not seen":      {[]rollout.Finding{{Status: rollout.Skipped}}, 5 * time.Second},
		"one that says nothing": {[]rollout.Finding{{}}, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			var a answers
			clock := clocktest.New(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
			asked := 0
			ask := func() []rollout.Finding {
				asked++
				return c.found
			}
			for _, step := range []struct {
				after time.Duration
				asked int
			}{{0, 1}, {c.holds - time.Millisecond, 1}, {time.Millisecond, 2}, {time.Second, 2}} {
				clock.Advance(step.after)
				if got := a.of(t.Context(), clock, "q", ask); len(got) != len(c.found) || asked != step.asked {
					t.Fatalf("after %s: asked %d times, %v", step.after, asked, got)
				}
			}
			if a.of(t.Context(), clock, "another", ask); asked != 3 {
				t.Error("another question got the answer to this one")
			}
		})
	}
}

// Who asks while somebody else does gets that answer; but the answer of one who
// was interrupted is only his own.
func TestAnswersAreSharedWhileTheyAreSought(t *testing.T) {
	var a answers
	clock := clocktest.New(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	ctx, cancel := context.WithCancel(t.Context())
	asking, proceed := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		a.of(ctx, clock, "q", func() []rollout.Finding {
			close(asking)
			<-proceed
			cancel()
			return []rollout.Finding{{Status: rollout.Skipped, Why: "interrupted"}}
		})
	})
	<-asking
	var mu sync.Mutex
	asked := 0
	for range 4 {
		all.Go(func() {
			got := a.of(t.Context(), clock, "q", func() []rollout.Finding {
				mu.Lock()
				defer mu.Unlock()
				asked++
				return []rollout.Finding{{Status: rollout.Passed}}
			})
			if len(got) != 1 || got[0].Status != rollout.Passed {
				t.Errorf("%v", got)
			}
		})
	}
	close(proceed)
	all.Wait()
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}
