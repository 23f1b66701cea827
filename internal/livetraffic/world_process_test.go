package livetraffic_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/demo/stage"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/livetraffic"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

const (
	shop = "shop"
	// patience is how long anything may take before a test gives up on it.
	patience = 3 * time.Minute
)

// crowd is who is at work in every test of this package.
var crowd = livetraffic.Mix{
	Short: 40, Long: 24, Streams: 24, Sockets: 24,
	Pause: 2 * time.Millisecond, Lasts: 5 * time.Second, Every: 250 * time.Millisecond,
}

var (
	root     string // what is built lies here; it goes when the tests are over
	theStage = sync.OnceValues(func() (*stage.Stage, error) {
		if err := stage.ReadSources("../.."); err != nil {
			return nil, err
		}
		return stage.Open(context.Background(), root, os.Stderr)
	})
)

func TestMain(m *testing.M) {
	var err error
	if root, err = os.MkdirTemp("", "rollout-livetraffic"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(root)
	os.Exit(code)
}

// world is the service shop on the system's clock, and its users.
type world struct {
	*testing.T
	box    *sandbox.Sandbox
	load   *livetraffic.Load
	folder string
	images int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	box, err := sandbox.Start(sandbox.Options{Settle: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		box.Close()
		for _, v := range box.Violations() {
			t.Errorf("the sandbox saw: %s", v)
		}
	})
	w := &world{T: t, box: box, folder: t.TempDir()}
	if err := box.CreateService(t.Context(), shop, w.image()); err != nil {
		t.Fatal(err)
	}
	w.until("the first revision", func() bool { return box.Service(shop).Ready && !box.Service(shop).Reconciling })
	w.load = livetraffic.Start(t.Context(), box.ServiceURL(shop), crowd, clock.System{})
	t.Cleanup(func() { w.load.Stop() })
	w.until("users of every kind", func() bool {
		all := w.load.Report().ByKind
		for _, k := range []livetraffic.Kind{livetraffic.Long, livetraffic.Stream, livetraffic.Socket} {
			if all[k].UnderWay() < 20 {
				return false
			}
		}
		return all[livetraffic.Short].Served > 100
	})
	return w
}

// image pushes another image of the app.
func (w *world) image() string {
	w.Helper()
	w.images++
	version := fmt.Sprintf("v%d", w.images)
	ref, err := w.box.Image("shop/api", version, sandbox.Behaviour{Version: version})
	if err != nil {
		w.Fatal(err)
	}
	return ref
}

// until polls for something, with patience.
func (w *world) until(what string, ok func() bool) {
	w.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			w.Fatalf("%s does not happen; live is %v", what, w.box.Service(shop).Percent)
		}
	}
}

// served is what users are answered by from now on: a thousand short requests,
// or as many as there are while still holds. Those that are under way now may
// have been answered before, and are let pass.
func (w *world) served(still func() bool) livetraffic.Revisions {
	w.Helper()
	now := w.load.Report().ShortBy.Total()
	w.until("the next short requests", func() bool { return w.load.Report().ShortBy.Total() > now+2*crowd.Short })
	before := w.load.Report().ShortBy
	var seen livetraffic.Revisions
	w.until("a thousand short requests", func() bool {
		now := w.load.Report().ShortBy.Since(before)
		if !still() {
			return true
		}
		seen = now
		return seen.Total() >= 1000
	})
	if seen.Total() < 100 {
		w.Errorf("only %d requests while it was to be seen", seen.Total())
	}
	return seen
}

// ended counts the requests that have ended.
func (w *world) ended() int {
	c := w.load.Report().Total()
	return c.Started - c.UnderWay()
}

// allServed stops the load, and fails the test unless every request of it was
// served.
func (w *world) allServed() {
	w.Helper()
	r := w.load.Stop()
	w.Logf("what users saw:\n%s", r)
	if c := r.Total(); c.Failed > 0 || c.Served != c.Started {
		w.Errorf("of %d requests %d were served, %d failed", c.Started, c.Served, c.Failed)
	}
	for _, k := range livetraffic.Kinds() {
		if r.ByKind[k].Served < 24 {
			w.Errorf("only %d requests of kind %s", r.ByKind[k].Served, k)
		}
	}
}

// deploys writes a configuration that brings an image live.
func (w *world) deploys(image string) {
	w.Helper()
	service := fmt.Sprintf("projects/%s/locations/%s/services/%s", w.box.Project(), w.box.Location(), shop)
	text := strings.NewReplacer("ENDPOINT", w.box.URL(), "SERVICE", service, "IMAGE", image).Replace(configuration)
	if err := os.WriteFile(filepath.Join(w.folder, "main.tf"), []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
}

const configuration = `
terraform {
  required_providers {
    rollout = {
      source = "terraform-rollout/rollout"
    }
  }
}
provider "rollout" {
  google {
    endpoint = "ENDPOINT"
  }
}
resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "SERVICE"
    image   = "IMAGE"
  }
  step {
    weight = 0
    bake   = "1s"
  }
  step {
    weight = 10
    bake   = "3s"
  }
  step {
    weight = 50
    bake   = "3s"
  }
  watch = "2s"
  gate {
    name     = "health"
    interval = "1s"
    http {
      request {
        path = "/healthz"
      }
    }
  }
}
`

// command is a Terraform at work.
type command struct {
	*exec.Cmd
	out  bytes.Buffer
	done chan struct{}
}

func (w *world) terraform(args ...string) *command {
	w.Helper()
	s, err := theStage()
	if err != nil {
		w.Fatal(err)
	}
	c := &command{Cmd: s.Command(w.Context(), w.folder, args...), done: make(chan struct{})}
	c.Stdout, c.Stderr = &c.out, &c.out
	if err := c.Start(); err != nil {
		w.Fatal(err)
	}
	go func() {
		_ = c.Wait()
		close(c.done)
	}()
	w.Cleanup(func() { <-c.done })
	return c
}

func (c *command) over() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// exits waits for the end of a command, and fails the test unless it is the
// expected one.
func (w *world) exits(c *command, code int) {
	w.Helper()
	w.until("the end of "+strings.Join(c.Args[1:], " "), c.over)
	if got := c.ProcessState.ExitCode(); got != code {
		w.Fatalf("exit code %d, want %d:\n%s", got, code, &c.out)
	}
}
