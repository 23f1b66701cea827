package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/demo/stage"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/livetraffic"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

//go:embed main.tf
var configuration []byte

const (
	service = "shop"
	secret  = "stripe-webhook"
	account = "shop@demo.iam.gserviceaccount.com"
)

// users are light traffic: some hundred requests a second, of every kind.
var users = livetraffic.Mix{
	Short: 16, Long: 3, Streams: 3, Sockets: 3,
	Pause: 40 * time.Millisecond, Lasts: 5 * time.Second, Every: 250 * time.Millisecond,
}

// releases are the images of the shop. v3 is broken in a way that a look at its
// health does not show: only its users notice.
var releases = map[string]sandbox.Behaviour{
	"v1": {Version: "v1"},
	"v2": {Version: "v2"},
	"v3": {Version: "v3", Latency: 1200 * time.Millisecond},
}

// settings are what a test of the demo changes.
type settings struct {
	bake string // "": as in main.tf
	temp string // "": where the system keeps what is temporary
}

// demo is the story while it is told.
type demo struct {
	*screen
	*stage.Stage
	settings
	box    *sandbox.Sandbox
	load   *livetraffic.Load
	folder string
	seen   []sight
}

// play tells the story. Whatever it starts has ended when it returns.
func play(ctx context.Context, s *screen, set settings) (err error) {
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	s.gone = giveUp
	root, err := os.MkdirTemp(set.temp, "rollout-demo")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() {
		if left := os.RemoveAll(root); err == nil && left != nil {
			err = fmt.Errorf("clean up: %w", left)
		}
	}()
	d := &demo{screen: s, settings: set, folder: filepath.Join(root, "shop")}
	if err := d.setUp(ctx, root); err != nil {
		return cause(ctx, err)
	}
	defer d.box.Close()
	traffic, breakOff := context.WithCancel(context.WithoutCancel(ctx))
	defer breakOff()
	d.load = livetraffic.Start(traffic, d.box.ServiceURL(service), users, clock.System{})
	for _, act := range []func(context.Context) error{d.secretIsMissing, d.rolloutGoesWell, d.rolloutGoesHome, d.nextPlanKnows} {
		if err := act(ctx); err != nil {
			breakOff()
			d.line("\n%s", d.load.Stop())
			return cause(ctx, err)
		}
	}
	return d.end(ctx)
}

// cause is why ctx ended, where that is why something failed.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// setUp makes everything that a person would have: a Terraform, the provider, a
// cloud with a service in it, and a folder with a configuration.
func (d *demo) setUp(ctx context.Context, root string) (err error) {
	d.line("Building the provider …")
	if d.Stage, err = stage.Open(ctx, root, os.Stderr); err != nil {
		return err
	}
	if err := os.MkdirAll(d.folder, 0o700); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	if d.box, err = sandbox.Start(sandbox.Options{Settle: 500 * time.Millisecond}); err != nil { //nolint:contextcheck // it runs until it is closed
		return fmt.Errorf("start the sandbox: %w", err)
	}
	if err = d.furnish(ctx); err != nil {
		d.box.Close()
		return err
	}
	d.line("%s, the provider from this tree, and Google Cloud as the sandbox emulates it on %s.", d.CLI, d.box.URL())
	d.line("The configuration is internal/demo/main.tf. The service %s runs on v1, and %d users are at work from now on.",
		service, users.Short+users.Long+users.Streams+users.Sockets)
	return nil
}

// furnish makes the service, its images, a secret that has no version yet, and
// the configuration.
func (d *demo) furnish(ctx context.Context) error {
	images := map[string]string{}
	for tag, b := range releases {
		ref, err := d.box.Image("shop/api", tag, b)
		if err != nil {
			return fmt.Errorf("push %s: %w", tag, err)
		}
		images[tag] = ref
	}
	d.box.ServiceAccount(account, false)
	d.box.Secret(secret)
	if err := d.box.Grant(secret, "roles/secretmanager.secretAccessor", "serviceAccount:"+account); err != nil {
		return fmt.Errorf("grant: %w", err)
	}
	if err := d.box.CreateService(ctx, service, images["v1"], sandbox.RunAs(account)); err != nil {
		return fmt.Errorf("create the service: %w", err)
	}
	for d.box.Service(service).Reconciling {
		if err := (clock.System{}).Sleep(ctx, 10*time.Millisecond); err != nil {
			return fmt.Errorf("wait for the service: %w", err)
		}
	}
	values := fmt.Sprintf("google   = %q\nregistry = %q\n", d.box.URL(), d.box.Registry())
	if d.bake != "" {
		values += fmt.Sprintf("bake     = %q\n", d.bake)
	}
	for name, text := range map[string][]byte{"main.tf": configuration, "terraform.tfvars": []byte(values)} {
		if err := os.WriteFile(filepath.Join(d.folder, name), text, 0o600); err != nil {
			return fmt.Errorf("write the configuration: %w", err)
		}
	}
	return nil
}

// post asks the sandbox for something, as curl would.
func (d *demo) post(ctx context.Context, path, body string) error {
	d.command(fmt.Sprintf("curl -d '%s' %s%s", body, d.box.URL(), path))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.box.URL()+path, strings.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask the sandbox: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask the sandbox: %w", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !json.Valid(answer) {
		return fmt.Errorf("the sandbox answered %s to %s: %q (%w)", resp.Status, path, answer, err)
	}
	d.line("  %s", bytes.TrimSpace(answer))
	return nil
}

// end lets every user finish, and says what they saw.
func (d *demo) end(ctx context.Context) error {
	d.act("What users saw", "Short requests over kept connections, requests of 5 s, event streams of 5 s, websockets of 5 s:")
	r := d.load.Stop()
	d.line("%s", strings.TrimRight(r.String(), "\n"))
	if v := d.box.Violations(); len(v) > 0 {
		return fmt.Errorf("the provider asked the sandbox for what it does not know: %q", v)
	}
	c := r.Total()
	d.line("demo: %s requests, %d failed", livetraffic.Grouped(c.Started), c.Failed)
	if c.Failed > 0 || c.Served != c.Started {
		return fmt.Errorf("of %d requests %d were served", c.Started, c.Served)
	}
	return context.Cause(ctx)
}
