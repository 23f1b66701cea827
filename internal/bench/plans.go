package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

const (
	targets = 1000
	again   = 3 // how often each plan is made, in turn
	shop    = "shop"
)

const splits = `resource "rollout_traffic_split" "all" {
  for_each = jsondecode(file("all.json"))
  cloud_run {
    service = each.key
  }
  weights = { (each.value) = 100 }
}
`

// cloud is a sandbox with so many services, and a file that names them.
func cloud(ctx context.Context, n int) (*sandbox.Sandbox, []byte, error) {
	box, err := sandbox.Start(sandbox.Options{}) //nolint:contextcheck // it runs until it is closed
	if err != nil {
		return nil, nil, fmt.Errorf("start the sandbox: %w", err)
	}
	image, err := box.Image("shop/api", "v1", sandbox.Behaviour{Version: "1"})
	all := map[string]string{}
	for i := 0; i < n && err == nil; i++ {
		name := fmt.Sprintf("%s%d", shop, i)
		err = box.CreateService(ctx, name, image)
		all[fmt.Sprintf("projects/%s/locations/%s/services/%s", box.Project(), box.Location(), name)] = box.Service(name).Newest
	}
	text, bad := json.Marshal(all)
	if err != nil || bad != nil {
		box.Close()
		return nil, nil, fmt.Errorf("fill the sandbox: %w, %w", err, bad)
	}
	return box, text, nil
}

// planThousand compares plans that change nothing.
func planThousand(ctx context.Context, b *bench) error {
	box, all, err := cloud(ctx, targets)
	if err != nil {
		return err
	}
	defer box.Close()
	var sites [2]*site
	for i, pkg := range []string{ours, hollow} {
		if sites[i], err = b.site(ctx, "plan-"+filepath.Base(pkg), pkg); err != nil {
			return err
		}
		if err := sites[i].puts("all.json", all); err != nil {
			return err
		}
		if err := sites[i].writes(ctx, google(box), splits); err != nil {
			return err
		}
	}
	// What was applied is the same for both, and quicker by the one that asks nobody.
	if err := sites[1].terraform(ctx, 0, "apply", "-auto-approve", "-no-color"); err != nil {
		return err
	}
	if err := sites[0].takes(sites[1]); err != nil {
		return err
	}
	var times [2][]time.Duration
	before := len(box.Calls())
	for range again {
		for i, s := range sites {
			begun := time.Now()
			if err := s.terraform(ctx, 0, "plan", "-detailed-exitcode", "-no-color"); err != nil {
				return err
			}
			times[i] = append(times[i], time.Since(begun))
		}
	}
	note("plans: %s, and %s of the provider that does nothing", times[0], times[1])
	figure("plan_1000_ratio", slices.Min(times[0]).Seconds()/slices.Min(times[1]).Seconds(), "ratio")
	figure("reads_per_target", float64(len(box.Calls())-before)/targets/again, "calls")
	return nil
}

const deployments = `resource "rollout_safe_deployment" "all" {
  for_each = jsondecode(file("all.json"))
  cloud_run {
    service  = each.key
    revision = each.value
  }
  requires {
    dynamic "gcp_secret" {
      for_each = range(5)
      content {
        version = "projects/demo/secrets/key${gcp_secret.value}/versions/1"
      }
    }
  }
}
`

// requirementReads counts what one plan of many deployments asks about the
// requirements that they share.
func requirementReads(ctx context.Context, b *bench) error {
	box, all, err := cloud(ctx, targets)
	if err != nil {
		return err
	}
	defer box.Close()
	for i := range 5 {
		box.Secret(fmt.Sprintf("key%d", i), sandbox.Enabled)
	}
	s, err := b.site(ctx, "requirements", ours)
	if err != nil {
		return err
	}
	if err := s.puts("all.json", all); err != nil {
		return err
	}
	if err := s.writes(ctx, google(box), deployments); err != nil {
		return err
	}
	if err := s.terraform(ctx, 2, "plan", "-detailed-exitcode", "-no-color"); err != nil {
		return err
	}
	reads := 0
	for _, c := range box.Calls() {
		if c.Method == "secretmanager.GetSecretVersion" {
			reads++
		}
	}
	figure("requirement_reads", float64(reads), "calls")
	return nil
}
