package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/provider"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

// perSecond is how many requests users send, on a clock that moves by itself
// when somebody sleeps: ten minutes take a moment.
const perSecond = 20

// sources say what the gate asks, by how late its data are.
var sources = []struct {
	late   time.Duration
	source string
}{
	{0, `prometheus {
      url   = "%s/prometheus"
      query = "100 * (sum(increase(rollout_requests_total{revision=\"{{revision}}\",code_class=\"5xx\"}[{{window}}])) or vector(0)) / sum(increase(rollout_requests_total{revision=\"{{revision}}\"}[{{window}}]))"
    }`},
	{time.Minute, "cloud_monitoring { metric = \"error_rate\" }"},
	{4 * time.Minute, "cloud_monitoring { metric = \"error_rate\" }"},
}

// badRequests counts how many requests of users fail on a candidate that answers
// none of them well.
func badRequests(ctx context.Context, b *bench) error {
	for _, s := range sources {
		failed, err := b.failed(ctx, s.late, s.source)
		if err != nil {
			return err
		}
		figure(fmt.Sprintf("bad_requests_%.0f", s.late.Seconds()), float64(failed), "requests")
	}
	u, err := newUsers(ctx)
	if err != nil {
		return err
	}
	defer u.box.Close()
	return u.switched(ctx)
}

// users are at work on a service while the clock moves.
type users struct {
	clock  *clocktest.Clock
	box    *sandbox.Sandbox
	image  string // of the candidate
	failed int
}

func newUsers(ctx context.Context) (*users, error) {
	u := &users{clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC))}
	var err error
	u.box, u.image, err = oneShop(ctx, sandbox.Options{Now: u.clock.Now}, sandbox.Behaviour{Version: "2", ErrorShare: 1})
	if err != nil {
		return nil, err
	}
	u.clock.Every(time.Second, func(time.Time) { u.failed += u.box.Load(shop, perSecond) })
	return u, nil
}

// failed rolls the candidate out in steps, and counts.
func (b *bench) failed(ctx context.Context, late time.Duration, source string) (int, error) {
	u, err := newUsers(ctx)
	if err != nil {
		return 0, err
	}
	defer u.box.Close()
	if late > 0 { // samples are a minute apart, and shown so much later
		u.box.MetricsSampling(time.Minute)
		u.box.MetricsLag(late - time.Minute)
	}
	if late == 0 {
		source = fmt.Sprintf(source, u.box.URL())
	}
	if err := u.clock.Sleep(ctx, 10*time.Minute); err != nil { // there were users before
		return 0, err
	}
	s, err := b.site(ctx, fmt.Sprintf("users-%.0f", late.Seconds()), ours)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	reattach, err := u.serve(ctx)
	if err != nil {
		return 0, err
	}
	s.env = append(s.env, "TF_REATTACH_PROVIDERS="+reattach)
	err = s.writes(ctx, google(u.box), fmt.Sprintf(`resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = %q
    image   = %q
  }
  dynamic "step" {
    for_each = [10, 50]
    content {
      weight = step.value
      bake   = "10m"
    }
  }
  gate {
    name       = "errors"
    fail_above = 5
    %s
  }
}
`, serviceOf(u.box), u.image, source))
	if err == nil {
		err = s.terraform(ctx, 1, "apply", "-auto-approve", "-no-color")
	}
	if err == nil && (u.failed == 0 || len(u.box.Service(shop).Percent) != 1) {
		err = fmt.Errorf("%d requests failed, and live is %v", u.failed, u.box.Service(shop).Percent)
	}
	return u.failed, err
}

// serve runs the provider in this process on the users' clock, and returns how
// Terraform reaches it.
func (u *users) serve(ctx context.Context) (string, error) {
	for _, name := range []string{"TF_LOG", "TF_LOG_PROVIDER", "TF_LOG_PROVIDER_ROLLOUT", "TF_LOG_SDK", "TF_LOG_SDK_PROTO", "TF_LOG_SDK_FRAMEWORK"} {
		if err := os.Setenv(name, "off"); err != nil { // served by hand, it would log everything
			return "", fmt.Errorf("be quiet: %w", err)
		}
	}
	config, closed := make(chan *plugin.ReattachConfig, 1), make(chan struct{})
	open := providerserver.NewProtocol6(provider.NewOn("bench", u.clock)())
	ended := make(chan error, 1)
	go func() {
		ended <- tf6server.Serve(provider.Address, open, tf6server.WithDebug(ctx, config, closed), tf6server.WithGoPluginLogger(hclog.NewNullLogger()))
	}()
	var c *plugin.ReattachConfig
	select {
	case c = <-config:
	case err := <-ended:
		return "", errors.Join(errors.New("the provider did not start"), err)
	}
	at := map[string]any{
		"Protocol": string(c.Protocol), "ProtocolVersion": c.ProtocolVersion, "Pid": c.Pid, "Test": true,
		"Addr": map[string]string{"Network": c.Addr.Network(), "String": c.Addr.String()},
	}
	text, err := json.Marshal(map[string]any{provider.Address: at, "registry.opentofu.org/terraform-rollout/rollout": at})
	if err != nil {
		return "", fmt.Errorf("say where the provider is: %w", err)
	}
	return string(text), nil
}

// switched gives everything to the candidate at once, by hand, and takes it back
// after five minutes.
func (u *users) switched(ctx context.Context) error {
	serves := u.box.Service(shop).Newest // whoever serves answers as the candidate would
	if err := u.box.SetBehaviour(shop, serves, sandbox.Behaviour{Version: "2", ErrorShare: 1}); err != nil {
		return fmt.Errorf("switch: %w", err)
	}
	if err := u.clock.Sleep(ctx, 5*time.Minute); err != nil {
		return err
	}
	if err := u.box.SetBehaviour(shop, serves, sandbox.Behaviour{Version: "1"}); err != nil {
		return fmt.Errorf("switch back: %w", err)
	}
	figure("bad_requests_switch", float64(u.failed), "requests")
	return nil
}
