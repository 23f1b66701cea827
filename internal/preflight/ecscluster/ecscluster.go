package ecscluster

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const describe = "ecs:DescribeClusters"

// check implements rollout.Check.
type check struct {
	clients  *cloud.Clients
	cluster  cloud.AWSName
	provider string // "" for any
}

// answer is what ECS says of clusters, as far as it is looked at.
type answer struct {
	Clusters []cluster
	Failures []struct{ Arn, Reason string }
}

type cluster struct {
	ClusterArn        string
	ClusterName       string
	Status            string
	RunningTasksCount int
	CapacityProviders []string
}

// Run asks for the cluster.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.cluster.Given}
	region := c.clients.AWSRegion(ctx, c.cluster.Region)
	var found answer
	err := c.clients.AWSJSON(ctx, region, "ecs", "AmazonEC2ContainerServiceV20141113.DescribeClusters", map[string]any{"clusters": []string{c.cluster.Given}}, &found)
	missing := slices.ContainsFunc(found.Failures, func(f struct{ Arn, Reason string }) bool { return f.Reason == "MISSING" })
	switch {
	case err != nil || ctx.Err() != nil:
		f = amazon.Unread(ctx, f, err, describe, " in "+region)
	case missing && len(found.Clusters) == 0:
		f = amazon.Gone(f, " in "+region)
	case len(found.Clusters) != 1:
		f = amazon.Odd(f)
	default:
		f = c.judge(f, found.Clusters[0])
	}
	return []rollout.Finding{f}
}

// judge reads a cluster. An answer about another one is no answer.
func (c check) judge(f rollout.Finding, found cluster) rollout.Finding {
	f.Status = rollout.Failed
	switch {
	case found.ClusterName != c.cluster.Name, c.cluster.Account != "" && found.ClusterArn != c.cluster.Given:
		return amazon.Odd(f)
	case found.Status == "PROVISIONING", found.Status == "DEPROVISIONING":
		f.Retry = true
		return f.Because(msgChanging, "status", found.Status)
	case found.Status != "ACTIVE":
		return f.Because(msgNotActive, "status", found.Status)
	case c.provider != "" && !slices.Contains(found.CapacityProviders, c.provider):
		has := strings.Join(found.CapacityProviders, ", ")
		if has == "" {
			has = "none"
		}
		return f.Because(msgNoCapacity, "provider", c.provider, "found", has)
	}
	f.Status, f.Why = rollout.Passed, fmt.Sprintf("it is active, with %d tasks", found.RunningTasksCount)
	return f
}
