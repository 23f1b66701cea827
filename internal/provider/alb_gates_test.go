package provider_test

import (
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

// onTargets are the gates that know a target group by name.
const onTargets = `
  gate {
    name       = "errors"
    fail_above = 5
    wait_for   = "15m"
    cloudwatch {
      metric = "target_5xx"
    }
  }
  gate {
    name       = "latency"
    fail_above = 500
    wait_for   = "15m"
    cloudwatch {
      metric = "target_latency_p95"
    }
  }
`

// watchedALB is a load balancer with users, and a release that its figures judge.
func watchedALB(t *testing.T) *world {
	t.Helper()
	w := newALBWorld(t)
	w.clock.Every(10*time.Second, func(time.Time) {
		_, err := w.amazon.LoadListener(w.Context(), w.front.Listener, "/", 100)
		w.must(err)
	})
	w.clock.Advance(10 * time.Minute) // somebody was there before
	w.shifts("green", "shop:2", onTargets)
	return w
}

// TestALBWithGatesOfCloudWatch: a good release is promoted. What serves beside it may
// be as bad as it likes: only the figures of the candidate's own group count.
func TestALBWithGatesOfCloudWatch(t *testing.T) {
	t.Parallel()
	w := watchedALB(t)
	if out, _ := w.plan(); strings.Contains(out, "Gate \"") {
		t.Errorf("a plan finds something wrong with the gates:\n%s", out)
	}
	w.when("green", func() {
		w.amazon.SetGroupBehaviour(w.front.Groups["blue"], aws.Behaviour{ErrorShare: 0.9, Latency: 3 * time.Second})
	})
	w.applies()
	w.at("green")
}

// TestALBGatesSendItHome: each gate alone takes users from a release that is bad by
// its measure, and says what it measured.
func TestALBGatesSendItHome(t *testing.T) {
	for gate, c := range map[string]struct {
		bad  aws.Behaviour
		says []string
	}{
		"errors":  {aws.Behaviour{ErrorShare: 0.5}, []string{`Gate "errors" measured`, "%", "limit 5 %"}},
		"latency": {aws.Behaviour{Latency: time.Second}, []string{`Gate "latency" measured 1000 ms`, "limit 500 ms"}},
	} {
		t.Run(gate, func(t *testing.T) {
			t.Parallel()
			w := watchedALB(t)
			w.when("green", func() { w.amazon.SetGroupBehaviour(w.front.Groups["green"], c.bad) })
			w.fails(append(c.says, "green was rolled back at 10 %", "Traffic is back on blue 100 %", "aws elbv2 modify-listener")...)
			w.at("blue")
		})
	}
}

// when does something once a group has users.
func (w *world) when(group string, do func()) {
	w.Helper()
	done := false
	w.clock.Every(10*time.Second, func(time.Time) {
		if !done && w.weights()[group] > 0 {
			done = true
			do()
		}
	})
}
