package ecscluster

import (
	"os"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

type values = preflighttest.Values

func TestMain(m *testing.M) { os.Exit(awstest.Main(m)) }

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return start(t) })
}

func TestPermissions(t *testing.T) { preflighttest.Permissions(t, Kind(), start) }

const passes = "passed: it is active, with 0 tasks"

// start is an account with a cluster.
func start(t *testing.T) *preflighttest.OnAWS {
	w := preflighttest.NewOnAWS(t, Kind())
	w.JSON("ecs", "AmazonEC2ContainerServiceV20141113.CreateCluster", map[string]any{"clusterName": "shop", "capacityProviders": []string{"FARGATE"}}, nil)
	w.Fill["cluster"] = "shop"
	w.Block = values{"cluster": "shop", "capacity_provider": "FARGATE", "region": w.Region()}
	w.Gone = func() { w.Block["cluster"], w.Fill["cluster"] = "none", "none" }
	return w
}

func TestCluster(t *testing.T) {
	w := start(t)
	w.Fill["cluster"] = "*"
	for given, why := range map[string]string{
		"shop":                       passes,
		w.ARN("ecs", "cluster/shop"): passes,
		"none":                       "failed, may pass: there is no such cluster in eu-central-1",
		w.ARN("ecs", "cluster/none"): "failed, may pass: there is no such cluster in eu-central-1",
	} {
		w.Block = values{"cluster": given}
		preflighttest.Expect(t, w.Run(), why)
	}
	w.Block = values{"cluster": "shop", "capacity_provider": "FARGATE_SPOT"}
	preflighttest.Expect(t, w.Run(), "failed: it does not have the capacity provider FARGATE_SPOT: it has FARGATE")
}

func TestStates(t *testing.T) {
	c := check{provider: "FARGATE"}
	c.cluster.Name = "shop"
	const odd = "skipped: ECS answered with something else than that cluster"
	for want, found := range map[string]cluster{
		"failed, may pass: it is PROVISIONING":                                {ClusterName: "shop", Status: "PROVISIONING"},
		"failed, may pass: it is DEPROVISIONING":                              {ClusterName: "shop", Status: "DEPROVISIONING"},
		"failed: it is INACTIVE, so nothing runs on it":                       {ClusterName: "shop", Status: "INACTIVE"},
		"failed: it is FAILED, so nothing runs on it":                         {ClusterName: "shop", Status: "FAILED"},
		"failed: it does not have the capacity provider FARGATE: it has none": {ClusterName: "shop", Status: "ACTIVE"},
		odd: {ClusterName: "other", Status: "ACTIVE"},
	} {
		preflighttest.Expect(t, []rollout.Finding{c.judge(rollout.Finding{}, found)}, want)
	}
}

func TestValidate(t *testing.T) {
	const arn = "arn:aws:ecs:eu-west-1:123456789012:cluster/shop"
	preflighttest.Validates(t, Kind(), map[string]preflighttest.Case{
		"all":         {values{"cluster": arn, "capacity_provider": "FARGATE", "region": "eu-west-1"}, nil},
		"unknown":     {values{"cluster": preflighttest.Unknown, "capacity_provider": preflighttest.Unknown, "region": preflighttest.Unknown}, nil},
		"a service":   {values{"cluster": "arn:aws:ecs:eu-west-1:123456789012:service/shop/api"}, []string{"cluster"}},
		"a space":     {values{"cluster": "my cluster"}, []string{"cluster"}},
		"nothing":     {values{"cluster": ""}, []string{"cluster"}},
		"two regions": {values{"cluster": arn, "region": "eu-west-2"}, []string{"region"}},
	})
}
