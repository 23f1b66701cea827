package oldworkerstopped

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var amazon = preflight.OfAmazon(kind, "ECS", "service", "aws_ecs_service.x.id")

// What is wrong with a block.
var (
	msgNoService = rollout.Message{
		ID:   "old_worker_stopped.no_service",
		What: "ecs_service of an old_worker_stopped names no service",
		Why:  `"{service}" has to be like arn:aws:ecs:eu-west-1:123456789012:service/shop/worker, or like shop/worker, the cluster and the name.`,
		Fix:  "Use aws_ecs_service.x.id. An ARN without its cluster is of the old form: write the cluster and the name.",
	}
	msgNoDefinition = rollout.Message{
		ID:   "old_worker_stopped.no_definition",
		What: "task_definition names no revision of a task definition",
		Why:  `"{definition}" has to be like arn:aws:ecs:eu-west-1:123456789012:task-definition/worker:8, or like worker:8. A family alone does not say which revision is old.`,
		Fix:  "Use aws_ecs_task_definition.x.arn.",
	}
)

// Why nobody can tell.
var msgController = rollout.Message{
	ID:  "old_worker_stopped.controller",
	Why: "its deployments are made by {controller}, and which of its tasks are old cannot be told",
	Fix: "Remove this requirement, and let what deploys the worker tell when it is done. It can be told where ECS itself deploys the service.",
}

// What still runs.
var (
	msgOther = rollout.Message{
		ID:  "old_worker_stopped.other",
		Why: "it is to run {found}, and not {wanted}",
		Fix: "Deploy {wanted} there, or correct task_definition. If it was deployed, a circuit breaker may have taken the service back to what it had before: its events say so.",
	}
	msgRunning = rollout.Message{
		ID:  "old_worker_stopped.running",
		Why: "old tasks run there, and {state}: {tasks}",
		Fix: "Give it time with within, such as within = \"15m\", and stop_after if they are to be told to stop before that is over: ECS stops them while a deployment is IN_PROGRESS, those under scale-in protection when that ends. One that is FAILED stops nobody: deploy again. " +
			"To stop one now, with what it does, and each of the others likewise:\n  {command}",
	}
	msgKept = rollout.Message{
		ID:  "old_worker_stopped.kept",
		Why: "old tasks run there, and are not told to stop, because {least} have to go on and {steady} new ones have run for a minute; {state}: {tasks}",
		Fix: "With deployment_minimum_healthy_percent = 0 in aws_ecs_service they may stop before new ones run. Why new ones do not, the service's events say:\n" +
			"  aws ecs describe-services --region {region} --cluster {cluster} --services {service}",
	}
	msgUntold = rollout.Message{
		ID:  "old_worker_stopped.untold",
		Why: "task {task} was to be told to stop, and was not: {why}",
		Fix: "{todo}",
	}
	msgStopping = rollout.Message{
		ID:  "old_worker_stopped.stopping",
		Why: "old tasks were told to stop and have not yet, and {state}: {tasks}",
		Fix: "Give them time with within, such as within = \"5m\". ECS kills a container that has not ended its stopTimeout after it was told to (30 seconds, if its definition does not say).",
	}
	msgDeploying = rollout.Message{
		ID:  "old_worker_stopped.deploying",
		Why: "no old task runs there, but {state}, so ECS may start old ones again",
		Fix: "Give it time with within. If it does not get to COMPLETED, its events say why:\n  aws ecs describe-services --region {region} --cluster {cluster} --services {service}",
	}
)

func messages() []rollout.Message {
	return append([]rollout.Message{msgNoService, msgNoDefinition, msgController, msgOther, msgRunning, msgKept, msgUntold, msgStopping, msgDeploying}, amazon.Messages()...)
}
