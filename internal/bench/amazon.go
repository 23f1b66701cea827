package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/terraformbin"
)

const (
	latency = 30 * time.Millisecond // of every answer, on the clock of who asks
	live    = "live"
)

// amazon is a sandbox of AWS, of which all measurements share one moto. It is nil
// where there is none to be had.
func (b *bench) amazon(ctx context.Context, o aws.Options) (*aws.Sandbox, error) {
	if b.moto == nil {
		moto, err := aws.StartMoto(ctx)
		switch {
		case errors.Is(err, aws.ErrNoMoto) && os.Getenv("CI") == "":
			note("left out: %v", err)
			return nil, nil //nolint:nilnil // that is what is said above
		case err != nil:
			return nil, fmt.Errorf("start moto: %w", err)
		}
		b.moto = moto
	}
	o.Latency = cmp.Or(o.Latency, latency)
	box, err := aws.Start(b.moto, o) //nolint:contextcheck // it runs until it is closed
	if err != nil {
		return nil, fmt.Errorf("start the sandbox of AWS: %w", err)
	}
	return box, nil
}

// functions makes so many of them, each with versions 1 and 2, and returns what
// stands before the number in their ARNs.
func functions(box *aws.Sandbox, n int) (string, error) {
	for i := range n {
		name := fmt.Sprintf("%s%d", shop, i)
		if err := box.CreateFunction(aws.FunctionSpec{Name: name, Zip: []byte("v0")}); err != nil {
			return "", fmt.Errorf("fill the sandbox: %w", err)
		}
		for _, v := range []string{"v1", "v2"} {
			if _, err := box.Publish(name, []byte(v), nil); err != nil {
				return "", fmt.Errorf("fill the sandbox: %w", err)
			}
		}
	}
	return fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s", box.Region(), box.Account(), shop), nil
}

// onAmazon is the provider's block for a sandbox of AWS.
func onAmazon(box *aws.Sandbox) string {
	return fmt.Sprintf("provider \"rollout\" {\n  aws {\n    endpoint = %q\n    region   = %q\n  }\n}\n\n", box.URL(), box.Region())
}

// signs lets whatever Terraform runs there sign as the sandbox's administrator.
func (s *site) signs(box *aws.Sandbox) {
	key := box.Admin()
	s.env = append(s.env, "AWS_ACCESS_KEY_ID="+key.ID, "AWS_SECRET_ACCESS_KEY="+key.Secret, "AWS_REGION="+box.Region(),
		"AWS_ENDPOINT_URL="+box.URL(), "AWS_EC2_METADATA_DISABLED=true")
}

// violated says what a sandbox was asked that it does not know: what was measured
// then is worth nothing.
func violated(box *aws.Sandbox) error {
	if all := box.Violations(); len(all) > 0 {
		return fmt.Errorf("the sandbox was asked for what it does not know: %s", strings.Join(all, "; "))
	}
	return nil
}

// What follows counts, because a for_each is evaluated again for each instance.

const foreignAliases = `terraform {
  required_providers {
    aws = {
      source  = "registry.terraform.io/` + foreign + `"
      version = "` + foreignsAt + `"
    }
  }
}

provider "aws" {}

resource "aws_lambda_alias" "all" {
  count            = 1000
  name             = "` + live + `"
  function_name    = "%s${count.index}"
  function_version = "1"
}
`

const aliasSplits = `resource "rollout_traffic_split" "all" {
  count = 1000
  lambda_alias {
    alias = "%s${count.index}:` + live + `"
  }
  weights = { "1" = 100 }
}
`

// awsPlan compares plans that change nothing of a thousand aliases with those of
// the aws provider, which made them.
func awsPlan(ctx context.Context, b *bench) error {
	foreigner, err := terraformbin.FindProvider(foreign, foreignsAt)
	if err != nil && os.Getenv("CI") == "" {
		note("aws_plan_ratio, aws_calls_ratio and aws_memory_ratio are left out: %v", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("find the provider to compare with: %w", err)
	}
	box, err := b.amazon(ctx, aws.Options{})
	if box == nil {
		return err
	}
	defer box.Close()
	sites, err := b.aliases(ctx, box, foreigner)
	if err != nil {
		return err
	}
	var all [2]struct {
		took, cpu []time.Duration
		calls     int
		held      float64
	}
	for range again {
		for i, s := range sites {
			box.ForgetCalls()
			e, err := s.watched(ctx, 0, "plan", "-detailed-exitcode", "-no-color")
			if err != nil {
				return err
			}
			all[i].took, all[i].cpu = append(all[i].took, e.took), append(all[i].cpu, e.cpu)
			all[i].held, all[i].calls = max(all[i].held, e.held), len(box.Calls())
		}
	}
	for i, whose := range []string{"plans", "of the aws provider"} {
		note("%s: %s, of the processor %s, %d calls, %.1f MB", whose, all[i].took, all[i].cpu, all[i].calls, all[i].held/1e6)
	}
	figure("aws_plan_ratio", slices.Min(all[0].took).Seconds()/slices.Min(all[1].took).Seconds(), "ratio")
	figure("aws_calls_ratio", float64(all[0].calls)/float64(all[1].calls), "ratio")
	figure("aws_memory_ratio", all[0].held/all[1].held, "ratio")
	return violated(box)
}

// aliases has a thousand of them made by the aws provider, and returns the site
// of ours, which divides their traffic, and that of the other.
func (b *bench) aliases(ctx context.Context, box *aws.Sandbox, foreigner string) (sites [2]*site, err error) {
	of, err := functions(box, targets)
	if err != nil {
		return sites, err
	}
	mirror := foreigner
	for range 6 { // HOST/NAMESPACE/NAME/VERSION/PLATFORM/FILE
		mirror = filepath.Dir(mirror)
	}
	ourSite, err := b.site(ctx, "aws-plan", ours)
	if err != nil {
		return sites, err
	}
	its, err := b.siteOf(ctx, "aws-plan-theirs", mirror)
	if err != nil {
		return sites, err
	}
	nothing, err := b.site(ctx, "aws-plan-hollow", hollow)
	if err != nil {
		return sites, err
	}
	for _, s := range []*site{ourSite, its, nothing} {
		s.signs(box)
	}
	if err := its.initialises(ctx, fmt.Sprintf(foreignAliases, of)); err != nil {
		return sites, err
	}
	for _, s := range []*site{nothing, ourSite} {
		if err := s.writes(ctx, onAmazon(box), fmt.Sprintf(aliasSplits, of)); err != nil {
			return sites, err
		}
	}
	for _, s := range []*site{its, nothing} {
		if err := s.terraform(ctx, 0, "apply", "-auto-approve", "-no-color"); err != nil {
			return sites, err
		}
	}
	return [2]*site{ourSite, its}, ourSite.takes(nothing)
}
