package ecscluster

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var amazon = preflight.OfAmazon(name, "ECS", "cluster", "aws_ecs_cluster.x.arn")

var (
	msgNoCluster = rollout.Message{
		ID:   "ecs_cluster.no_cluster",
		What: "The cluster of an ecs_cluster is neither an ARN nor a name",
		Why:  `"{cluster}" has to be like arn:aws:ecs:eu-west-1:123456789012:cluster/shop, or like shop.`,
		Fix:  "Use aws_ecs_cluster.x.arn.",
	}
	msgChanging = rollout.Message{
		ID:  "ecs_cluster.changing",
		Why: "it is {status}",
		Fix: "Wait until it is ACTIVE, or give it time with within.",
	}
	msgNotActive = rollout.Message{
		ID:  "ecs_cluster.not_active",
		Why: "it is {status}, so nothing runs on it",
		Fix: "Create it anew, or name another cluster.",
	}
	msgNoCapacity = rollout.Message{
		ID:  "ecs_cluster.no_capacity",
		Why: "it does not have the capacity provider {provider}: it has {found}",
		Fix: "Add it, in aws_ecs_cluster_capacity_providers, or correct capacity_provider.",
	}
)

func messages() []rollout.Message {
	return append([]rollout.Message{msgNoCluster, msgChanging, msgNotActive, msgNoCapacity}, amazon.Messages()...)
}
