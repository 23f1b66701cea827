package ecstask

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var asked = cloud.AskAWS(name, "ECS")

var (
	msgDefinition = rollout.Message{
		ID:   "ecs_task.definition",
		What: "The task_definition of an ecs_task is none",
		Why:  `"{definition}" has to be like arn:aws:ecs:eu-west-1:123456789012:task-definition/migrate:7, like migrate:7, or like migrate.`,
		Fix:  "Use aws_ecs_task_definition.x.arn.",
		At:   "task_definition",
	}
	msgCluster = rollout.Message{
		ID:   "ecs_task.cluster",
		What: "The cluster of an ecs_task is neither an ARN nor a name",
		Why:  `"{cluster}" has to be like arn:aws:ecs:eu-west-1:123456789012:cluster/shop, or like shop.`,
		Fix:  "Use aws_ecs_cluster.x.arn.",
		At:   "cluster",
	}
	msgRegion = rollout.Message{
		ID:   "ecs_task.region",
		What: "region of an ecs_task is not the region of what it names",
		Why:  `"{region}" is no region of AWS, or an ARN names another one.`,
		Fix:  "Leave it out: an ARN has it, or the provider's aws block.",
		At:   "region",
	}
	msgTwoPlaces = rollout.Message{
		ID:   "ecs_task.two_places",
		What: "An ecs_task says twice where it runs",
		Why:  "With service it runs where that service's tasks do, and {attribute} says something else.",
		Fix:  "Leave out one of service and {attribute}.",
		At:   "service",
	}
	msgTwoProviders = rollout.Message{
		ID:   "ecs_task.two_providers",
		What: "An ecs_task has a launch_type and a capacity_provider",
		Why:  "ECS takes one of them.",
		Fix:  "Leave out one of the two.",
		At:   "launch_type",
	}
	msgLaunchType = rollout.Message{
		ID:   "ecs_task.launch_type",
		What: "launch_type of an ecs_task is none",
		Why:  `"{value}" is none of FARGATE, EC2 and EXTERNAL.`,
		Fix:  `Write launch_type = "FARGATE", or leave it out for what the cluster does.`,
		At:   "launch_type",
	}
	msgSubnets = rollout.Message{
		ID:   "ecs_task.subnets",
		What: "An ecs_task has {attribute} and no subnets",
		Why:  "They are of the network interface that a task gets in one of its subnets.",
		Fix:  "Give subnets as well, or use service, which has all of it.",
		At:   "subnets",
	}
	msgGone = rollout.Message{
		ID:  "ecs_task.gone",
		Why: "there is no such task definition in {region}, or it is not active any more",
		Fix: "Use aws_ecs_task_definition.x.arn: then it is looked at once it exists.",
	}
	msgNoCluster = rollout.Message{
		ID:  "ecs_task.no_cluster",
		Why: "there is no active cluster {cluster} in {region}",
		Fix: "Use aws_ecs_cluster.x.arn: then it is looked at once it exists.",
	}
	msgNoService = rollout.Message{
		ID:  "ecs_task.no_service",
		Why: "there is no active service {service} on the cluster {cluster}, so it is not known where the task is to run",
		Fix: "Use aws_ecs_service.x.name, or give subnets and security_groups instead.",
	}
	msgContainer = rollout.Message{
		ID:  "ecs_task.container",
		Why: "it is not known which container is the job: the task definition has {containers}",
		Fix: "Name it with container.",
	}
	msgNoNetwork = rollout.Message{
		ID:  "ecs_task.no_network",
		Why: "its network mode is awsvpc, and nothing says in which subnets it is to run",
		Fix: "Give subnets and security_groups, or name the service whose network it is to share with service.",
	}
)

func messages() []rollout.Message {
	return append([]rollout.Message{
		msgDefinition, msgCluster, msgRegion, msgTwoPlaces, msgTwoProviders, msgLaunchType, msgSubnets,
		msgGone, msgNoCluster, msgNoService, msgContainer, msgNoNetwork,
	}, asked.Messages()...)
}
