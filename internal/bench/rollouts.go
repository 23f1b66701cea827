package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

const (
	settle = 100 * time.Millisecond // what the sandbox takes to show a change
	bake   = 2 * time.Second
	every  = time.Second // the interval of gates
)

// oneShop is a sandbox with one service that serves v1, and the image of v2.
func oneShop(ctx context.Context, o sandbox.Options, v2 sandbox.Behaviour) (box *sandbox.Sandbox, image string, err error) {
	if box, err = sandbox.Start(o); err != nil { //nolint:contextcheck // it runs until it is closed
		return nil, "", fmt.Errorf("start the sandbox: %w", err)
	}
	v1, err := box.Image("shop/api", "v1", sandbox.Behaviour{Version: "1"})
	if err == nil {
		image, err = box.Image("shop/api", "v2", v2)
	}
	if err == nil {
		err = box.CreateService(ctx, shop, v1)
	}
	if err != nil {
		box.Close()
		return nil, "", fmt.Errorf("fill the sandbox: %w", err)
	}
	return box, image, nil
}

func serviceOf(box *sandbox.Sandbox) string {
	return fmt.Sprintf("projects/%s/locations/%s/services/%s", box.Project(), box.Location(), shop)
}

// moves lists when traffic was asked to move, in order.
func moves(box *sandbox.Sandbox) []time.Time {
	var out []time.Time
	for _, c := range box.Calls() {
		if c.Effect && slices.Contains(c.Mask, "traffic") {
			out = append(out, c.Time)
		}
	}
	return out
}

// stepOverhead measures what lies between the changes of a rollout that goes well
// beside bakes and settling.
func stepOverhead(ctx context.Context, b *bench) error {
	box, image, err := oneShop(ctx, sandbox.Options{Settle: settle}, sandbox.Behaviour{Version: "2"})
	if err != nil {
		return err
	}
	defer box.Close()
	s, err := b.site(ctx, "steps", ours)
	if err != nil {
		return err
	}
	weights := []int{10, 30, 50, 70, 90}
	steps := ""
	for _, w := range weights {
		steps += fmt.Sprintf("  step {\n    weight = %d\n    bake   = %q\n  }\n", w, bake)
	}
	err = s.writes(ctx, google(box), fmt.Sprintf(`resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = %q
    image   = %q
  }
%s  gate {
    name     = "health"
    interval = %q
    http {
      request { path = "/healthz" }
    }
  }
}
`, serviceOf(box), image, steps, every))
	if err == nil {
		err = s.terraform(ctx, 0, "apply", "-auto-approve", "-no-color")
	}
	if err != nil {
		return err
	}
	// The last change takes our marks away; before it are the rises and, first of
	// them, the promotion's.
	all := moves(box)
	if len(all) < len(weights)+2 {
		return fmt.Errorf("traffic was asked to move %d times", len(all))
	}
	rises := all[len(all)-2-len(weights) : len(all)-1]
	took := rises[len(rises)-1].Sub(rises[0])
	over := took - time.Duration(len(weights))*(bake+settle)
	figure("step_overhead_ms", float64(over.Microseconds())/1000/float64(len(weights)), "ms")
	return nil
}

// fickle is a Prometheus whose answer turns bad right after it gave a good one.
type fickle struct {
	mu     sync.Mutex
	armed  func() bool // whether users have the candidate
	good   int         // answers since then
	turned time.Time
}

// ServeHTTP implements http.Handler.
func (f *fickle) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	value := "0"
	switch {
	case !f.turned.IsZero():
		value = "100"
	case f.armed():
		f.good++
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[%d,%q]}]}}`, time.Now().Unix(), value)
	if f.good == 3 && f.turned.IsZero() {
		f.turned = time.Now()
	}
}

// home measures how long it takes from a bad measurement that could be seen to
// the write home: the measurement turns bad right after a gate has looked, so
// that one interval of the gate is always in it.
func home(ctx context.Context, b *bench) error {
	var all []time.Duration
	for i := range again {
		d, err := wentHome(ctx, b, fmt.Sprintf("home-%d", i))
		if err != nil {
			return err
		}
		all = append(all, d-every)
	}
	slices.Sort(all)
	note("home: %s", all)
	figure("home_ms", float64(all[len(all)/2].Microseconds())/1000, "ms")
	return nil
}

func wentHome(ctx context.Context, b *bench, name string) (time.Duration, error) {
	box, image, err := oneShop(ctx, sandbox.Options{Settle: settle}, sandbox.Behaviour{Version: "2"})
	if err != nil {
		return 0, err
	}
	defer box.Close()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("listen: %w", err)
	}
	f := &fickle{armed: func() bool { return len(box.Service(shop).Percent) == 2 }}
	server := &http.Server{Handler: f, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }() // until it is closed
	defer func() { _ = server.Close() }()      // it has nothing to lose
	s, err := b.site(ctx, name, ours)
	if err != nil {
		return 0, err
	}
	err = s.writes(ctx, google(box), fmt.Sprintf(`resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = %q
    image   = %q
  }
  step {
    weight = 10
    bake   = "1m"
  }
  gate {
    name       = "errors"
    interval   = %q
    window     = %q
    fail_above = 5
    prometheus {
      url   = "http://%s"
      query = "errors[{{window}}]"
    }
  }
}
`, serviceOf(box), image, every, every, listener.Addr()))
	if err == nil {
		err = s.terraform(ctx, 1, "apply", "-auto-approve", "-no-color")
	}
	if err != nil {
		return 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, at := range moves(box) {
		if !f.turned.IsZero() && at.After(f.turned) {
			return at.Sub(f.turned), nil
		}
	}
	return 0, errors.New("nothing went home")
}
