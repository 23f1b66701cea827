package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/bench/fast"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

// hasty is the provider on a clock that runs faster than the system's.
const hasty = module + "/internal/bench/hasty"

const (
	many     = 100
	together = 10 // Terraform's default parallelism
)

// A trial is an apply of so many rollouts.
type trial struct {
	name        string
	n           int
	times       int // seconds on its clock that pass in one
	perSecond   int // requests that each service of AWS takes; 0: any number
	bake, watch time.Duration
	gate        string
}

const manyRollouts = `resource "rollout_safe_deployment" "all" {
  count = %d
  lambda_alias {
    alias   = "%s${count.index}:` + live + `"
    version = "2"
  }
  step {
    weight = 10
    bake   = "%s"
  }
  watch = "%s"
%s}
`

const errorsGate = `  gate {
    name       = "errors"
    fail_above = 5
    cloudwatch {
      metric = "lambda_errors"
      delay  = "1m"
    }
  }
`

// awsMany measures a hundred rollouts in one apply, and one alone. What is no
// bake and no watch counts so many times as their clock is faster.
func awsMany(ctx context.Context, b *bench) error {
	t := trial{name: "aws-one", n: 1, times: 10, bake: 4 * time.Minute, watch: 3 * time.Minute, gate: errorsGate}
	alone, err := b.try(ctx, t)
	if err != nil || alone == nil {
		return err
	}
	t.name, t.n = "aws-many", many
	all, err := b.try(ctx, t)
	if err != nil {
		return err
	}
	note("one rollout: %s on its clock, %.1f MB; %d: %s, %.1f MB, %d of %d calls for metrics",
		alone.took, alone.held/1e6, many, all.took, all.held/1e6, all.metrics, all.calls)
	figure("aws_100_ratio", all.took.Seconds()/(many/together*(t.bake+t.watch)).Seconds(), "ratio")
	figure("aws_100_mb", (all.held-alone.held)/1e6, "MB")
	figure("aws_100_metric_calls", float64(all.metrics)/all.took.Minutes(), "calls/min")
	return nil
}

// awsThrottled counts the throttling errors that a user sees when Lambda takes
// ten requests a second, and a hundred rollouts in one apply make them.
func awsThrottled(ctx context.Context, b *bench) error {
	all, err := b.try(ctx, trial{name: "aws-throttled", n: many, times: 4, perSecond: 10, bake: 10 * time.Second, watch: 10 * time.Second})
	if err != nil || all == nil {
		return err
	}
	if all.refused == 0 {
		return errors.New("nothing was throttled")
	}
	note("%d of %d calls were throttled in %s", all.refused, all.calls, all.took)
	figure("aws_throttled", float64(all.told), "errors")
	return nil
}

// course is how a trial went.
type course struct {
	took                    time.Duration // on its clock
	held                    float64       // bytes
	calls, metrics, refused int           // refused: throttled
	told                    int           // errors and warnings of throttling
}

// try returns nil where there is no moto.
func (b *bench) try(ctx context.Context, t trial) (*course, error) {
	clock := fast.New(t.times)
	box, err := b.amazon(ctx, aws.Options{Now: clock.Now, PerSecond: t.perSecond, Latency: latency / time.Duration(t.times)})
	if box == nil {
		return nil, err
	}
	defer box.Close()
	of, err := functions(box, t.n)
	if err != nil {
		return nil, err
	}
	for i := range t.n {
		if err := box.SetAlias(fmt.Sprintf("%s%d", shop, i), live, "1", nil); err != nil {
			return nil, fmt.Errorf("fill the sandbox: %w", err)
		}
	}
	s, err := b.site(ctx, t.name, hasty)
	if err != nil {
		return nil, err
	}
	s.signs(box)
	s.env = append(s.env, clock.Environ())
	if err := s.writes(ctx, onAmazon(box), fmt.Sprintf(manyRollouts, t.n, of, t.bake, t.watch, t.gate)); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if t.gate != "" {
		go visit(ctx, clock, box, t.n)
		if err := clock.Sleep(ctx, 5*time.Minute); err != nil { // there were users before
			return nil, err
		}
	}
	box.ForgetCalls()
	return applied(ctx, clock, box, s, t)
}

// visit has users at all functions, until the context ends.
func visit(ctx context.Context, clock fast.Clock, box *aws.Sandbox, n int) {
	for clock.Sleep(ctx, 10*time.Second) == nil {
		for i := range n {
			_, _ = box.Load(fmt.Sprintf("%s%d", shop, i), live, 20) // no version of these cannot be invoked
		}
	}
}

// applied measures the apply.
func applied(ctx context.Context, clock fast.Clock, box *aws.Sandbox, s *site, t trial) (*course, error) {
	begun := clock.Now()
	e, err := s.run(ctx, "apply", "-auto-approve", "-json")
	if err != nil {
		return nil, err
	}
	c := &course{took: clock.Now().Sub(begun), held: e.held}
	for _, call := range box.Calls() {
		c.calls++
		if call.Action == "cloudwatch:GetMetricData" {
			c.metrics++
		}
		if isThrottling(call.Code) {
			c.refused++
		}
	}
	other := ""
	for _, said := range diagnostics(e.said) {
		switch {
		case isThrottling(said):
			c.told++
		default:
			other += said + "\n"
		}
	}
	if e.code != 0 && c.told == 0 || other != "" {
		return nil, fmt.Errorf("the apply ended with %d:\n%s", e.code, other)
	}
	if c.told > 0 {
		return c, violated(box)
	}
	for i := range t.n {
		if at, _ := box.Alias(fmt.Sprintf("%s%d", shop, i), live); at.Version != "2" || len(at.Weights) > 0 {
			return nil, fmt.Errorf("function %d is at version %s, with %v beside it", i, at.Version, at.Weights)
		}
	}
	return c, violated(box)
}

// diagnostics are the errors and warnings in what Terraform says as JSON.
func diagnostics(out []byte) []string {
	var all []string
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, len(out)+1)
	for lines.Scan() {
		var line struct {
			Diagnostic *struct{ Severity, Summary, Detail string }
		}
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Diagnostic != nil {
			all = append(all, strings.Join([]string{line.Diagnostic.Severity, line.Diagnostic.Summary, line.Diagnostic.Detail}, ": "))
		}
	}
	return all
}

// isThrottling reports whether a text names throttling, as AWS or we do.
func isThrottling(text string) bool {
	for _, word := range []string{"TooManyRequests", "Throttl", "throttl", "Rate exceeded", "asked too much"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}
