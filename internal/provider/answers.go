package provider

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// How long an answer of a requirement may be used again within a plan. What is
// not there may be there a moment later; and Terraform plans again in apply,
// which may be long after.
const (
	passedHolds = 5 * time.Minute
	failedHolds = 5 * time.Second
)

// answers are what the requirements of a plan were found to be, by what was
// asked. Its zero value is empty and ready.
type answers struct {
	mu  sync.Mutex
	all map[string]*finding
}

// finding is one answer, there once ready is closed.
type finding struct {
	ready chan struct{}
	found []rollout.Finding
	until time.Time // zero: nobody else may use it
}

// of returns the answer to a question, asking only if nobody has just now.
func (a *answers) of(ctx context.Context, clock rollout.Clock, question string, ask func() []rollout.Finding) []rollout.Finding {
	for {
		one, mine := a.claim(question, clock.Now())
		if mine {
			one.found = ask()
			if ctx.Err() == nil { // else it is the interrupt that answered
				one.until = clock.Now().Add(holds(one.found))
			}
			close(one.ready)
			return slices.Clone(one.found)
		}
		select {
		case <-ctx.Done():
			return ask() // which says so
		case <-one.ready:
		}
		if clock.Now().Before(one.until) {
			return slices.Clone(one.found)
		}
	}
}

// claim returns the answer that there is, or is about to be; and whether it is
// for the caller to give.
func (a *answers) claim(question string, now time.Time) (one *finding, mine bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.all == nil {
		a.all = map[string]*finding{}
	}
	if one = a.all[question]; one != nil && !one.over(now) {
		return one, false
	}
	one = &finding{ready: make(chan struct{})}
	a.all[question] = one
	return one, true
}

func (f *finding) over(now time.Time) bool {
	select {
	case <-f.ready:
		return !now.Before(f.until)
	default:
		return false
	}
}

func holds(found []rollout.Finding) time.Duration {
	for _, f := range found {
		if f.Status != rollout.Passed {
			return failedHolds
		}
	}
	return passedHolds
}
