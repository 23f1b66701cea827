package environment

import (
	"slices"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var (
	google  = cloud.Ask("environment_cloud_run", "Cloud Run", "run.googleapis.com")
	amazon  = cloud.AskAWS("environment_aws", "AWS")
	lambdas = preflight.Amazon{} // what it says of blocks, this package says itself
)

// forms are what names of places look like.
var forms = map[string]string{
	ofCloudRun:   "projects/PROJECT/locations/REGION/services/NAME",
	ofLambda:     "arn:aws:lambda:eu-west-1:123456789012:function:shop:live, or like shop:live",
	ofService:    "arn:aws:ecs:eu-west-1:123456789012:service/CLUSTER/NAME",
	ofDefinition: "arn:aws:ecs:eu-west-1:123456789012:task-definition/FAMILY:7, or like FAMILY:7",
	ofListener:   "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/NAME/ID/ID",
	ofRule:       "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener-rule/app/NAME/ID/ID/ID",
}

// What is wrong with a block.
var (
	msgNotTwo = rollout.Message{
		ID:   "environment.not_two",
		What: "There are not two environments to compare",
		Why:  "environment_parity has {n} environment blocks.",
		Fix:  "Write one environment block for each of the two. For three environments write two of it: staging and production, and test and staging.",
	}
	msgTwice = rollout.Message{
		ID:   "environment.twice",
		What: "Two environments have one name",
		Why:  "Both are called {name}.",
		Fix:  "Give one of them another name.",
	}
	msgNotOne = rollout.Message{
		ID:   "environment.not_one",
		What: "An environment is not one place",
		Why:  "It has to have one of {sorts}.",
		Fix:  "Give one of them: where the app runs there.",
	}
	msgNoForm = rollout.Message{
		ID:   "environment.no_place",
		What: "{sort} names no such thing",
		Why:  `"{value}" has to be like {form}.`,
		Fix:  "Use the computed id or ARN of the resource, such as google_cloud_run_v2_service.x.id, aws_lambda_alias.x.arn, aws_ecs_service.x.id or aws_lb_listener.x.arn.",
	}
	msgNoCluster = rollout.Message{
		ID:   "environment.no_cluster",
		What: "Nobody says which cluster is behind a {sort}",
		Why:  "What is behind a target group is read from the services of a cluster of Amazon ECS.",
		Fix:  "Add ecs_cluster.",
	}
	msgBeside = rollout.Message{
		ID:   "environment.beside",
		What: "{attribute} says nothing here",
		Why:  "It stands beside {sort}, which has no such thing.",
		Fix:  "Remove {attribute}.",
	}
	msgNoRole = rollout.Message{
		ID:   "environment.no_role",
		What: "role_arn is not the ARN of a role",
		Why:  `"{value}" has to be like arn:aws:iam::123456789012:role/reader.`,
		Fix:  "Use aws_iam_role.x.arn, or write the ARN of the role in the other account.",
	}
	msgNoKey = rollout.Message{
		ID:   "environment.no_key",
		What: "key of an expect names no setting",
		Why:  `"{key}" is empty, has blanks in it, or a star that is not at its end.`,
		Fix:  `Write the key as the table has it, such as "max_instances", or its beginning and a star, such as "secret.*".`,
	}
	msgNoReason = rollout.Message{
		ID:   "environment.no_reason",
		What: "A difference is declared without a reason",
		Why:  "expect of {key} does not say why.",
		Fix:  "Say it in reason: plans show it to whoever reviews them.",
	}
	msgNoAlias = rollout.Message{
		ID:   "promoted_from.no_alias",
		What: "lambda_function names no alias",
		Why:  `"{value}" is a function or a version: where its users are is said by an alias.`,
		Fix:  "Use aws_lambda_alias.x.arn, or write NAME:ALIAS.",
	}
	msgNoTime = rollout.Message{
		ID:   "promoted_from.no_time",
		What: "for is no length of time",
		Why:  `"{value}" has to be like 30m or 24h, and more than nothing.`,
		Fix:  "Correct it, or remove it: then any time is enough.",
	}
	msgNoSince = rollout.Message{
		ID:   "promoted_from.no_since",
		What: "Nobody tells for how long something is live there",
		Why:  "AWS keeps no time at which the traffic of a {sort} was moved last, so that for could never be proven.",
		Fix:  "Remove for. A rollout there leaves its marks until its own watch is over, and as long as they are there nothing counts as promoted.",
	}
)

// What a look says.
var (
	msgGone = rollout.Message{
		ID:  "environment.gone",
		Why: "there is no {sort} {at}{which}",
		Fix: "Create it. If it is created in this same apply, refer to its computed id or ARN, rather than to a name: then it is looked at in apply, once it exists. If it is in another account, set role_arn.",
	}
	msgUnseen = rollout.Message{
		ID:  "environment.unseen",
		Why: "in {name} ({at}): {why}",
		Fix: "{todo}",
	}
	msgRoleRefused = rollout.Message{
		ID:  "environment.role_refused",
		Why: "the role for {name} cannot be assumed: {why}",
		Fix: "Correct role_arn beside it, or let the role's trust policy name whom the provider's aws block or the environment says, and allow them sts:AssumeRole on it.",
	}
	msgNoClusterThere = rollout.Message{
		ID:  "environment.no_such_cluster",
		Why: "there is no cluster {cluster} where {name} is",
		Fix: "Correct ecs_cluster: it is looked for in the region of the {sort}, and in the account of whom Terraform asks as.",
	}
	msgOdd = rollout.Message{
		ID:  "environment.odd_answer",
		Why: "something else was answered than what is live in {name}",
		Fix: "See whether something answers in the place of the cloud, such as a proxy or the endpoint of the provider's google or aws block. If not, report this as a fault of the provider.",
	}
	msgHidden = rollout.Message{
		ID:  "environment.hidden",
		Why: "Lambda does not show which variables there are in {name}, because their key may not be used",
		Fix: "Allow kms:Decrypt on the function's key to whom Terraform runs as.",
	}
	msgNobody = rollout.Message{
		ID:  "environment.nobody",
		Why: "nobody is served in {name}, so that there is nothing to compare with",
		Fix: "Give something traffic there, or compare with another environment.",
	}
	msgNoContainer = rollout.Message{
		ID:  "environment.no_container",
		Why: "{definition}, which is live in {name}, has no container {container}",
		Fix: "Correct container, or leave it out.",
	}
	msgNoService = rollout.Message{
		ID:  "environment.no_service",
		Why: "no service in the cluster {cluster} registers its tasks in {group}, which serves in {name}",
		Fix: "Correct ecs_cluster. What is behind a group without Amazon ECS cannot be read.",
	}
	msgDiffers = rollout.Message{
		ID:  "environment_parity.differs",
		Why: "what is live differs:{settings}",
		Fix: "Bring the two together. What is meant to differ can be declared, in an expect block with a reason, which plans then show.",
	}
	msgUnknown = rollout.Message{
		ID:  "environment_parity.unknown",
		Why: "of some settings nobody can tell whether they are the same:{settings}",
		Fix: "Let both name images by their digests, and have no files of variables; or declare in an expect block why it need not be known.",
	}
	msgStale = rollout.Message{
		ID:  "environment_parity.stale",
		Why: "some differences are expected that there are not:{settings}",
		Fix: "Remove those expect blocks. Of a difference that comes and goes, such as image, say sometimes = true.",
	}
	msgNoReport = rollout.Message{
		ID:   "environment_parity.no_report",
		What: "{object} cannot be compared",
		Why:  "{why}.",
		Fix:  "{todo}",
	}
	msgNotPromoted = rollout.Message{
		ID:  "promoted_from.not_promoted",
		Why: "nothing is promoted in {name}: {why}",
		Fix: "Let the rollout there end, and then apply this one. If nothing is going on there, apply there once more, which takes away what was left behind.",
	}
	msgOther = rollout.Message{
		ID:  "promoted_from.other",
		Why: "{candidate} is not what is promoted in {name}: {live} is, of {artifacts}",
		Fix: "Promote the same artifact there first, by its digest, or release here what is promoted there. It has to be the same build: one that was built again has another digest.",
	}
	msgTooYoung = rollout.Message{
		ID:  "promoted_from.too_young",
		Why: "{live} is promoted in {name}, and the last change there was at {since}, which is not {atleast} ago",
		Fix: "Apply at {until} or later, or make for shorter.",
	}
	msgNoDigest = rollout.Message{
		ID:  "promoted_from.no_digest",
		Why: `the image {whose} is named by a tag, and a tag may have been moved: {given} (container "{container}")`,
		Fix: "Name the image by its digest, repo@sha256:…, as data.rollout_image gives it. Where only one of several containers is the app, name it as container.",
	}
	msgNoArtifact = rollout.Message{
		ID:  "promoted_from.no_artifact",
		Why: "nobody can tell what {revision} is made of: content of its block names neither a task definition by its ARN nor an image by its digest",
		Fix: "Write the ARN of the task definition as content, aws_ecs_task_definition.x.arn, or the image by its digest.",
	}
)

// messages are those of both kinds.
func messages() []rollout.Message {
	return slices.Concat([]rollout.Message{
		msgNotTwo, msgTwice, msgNotOne, msgNoForm, msgNoCluster, msgBeside, msgNoRole, msgNoKey, msgNoReason, msgNoAlias, msgNoTime, msgNoSince,
		msgGone, msgUnseen, msgRoleRefused, msgNoClusterThere, msgOdd, msgHidden, msgNobody, msgNoContainer, msgNoService, msgDiffers, msgUnknown, msgStale, msgNoReport,
		msgNotPromoted, msgOther, msgTooYoung, msgNoDigest, msgNoArtifact,
	}, google.Messages(), amazon.Messages())
}
