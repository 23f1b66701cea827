package configsync

import (
	"slices"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var (
	google = cloud.Ask(name+"_cloud_run", "Cloud Run", "run.googleapis.com")
	amazon = preflight.OfAmazon(name+"_lambda", "Lambda", "function", "aws_lambda_function.x.arn").Everywhere()
	tasks  = preflight.OfAmazon(name+"_ecs", "Amazon ECS", "task definition", "aws_ecs_task_definition.x.arn").Everywhere()
)

var (
	msgNoNeeds = rollout.Message{
		ID:   "config_sync.no_needs",
		What: "Nobody says what the app needs",
		Why:  "Neither needs nor needs_from is given, so that nothing could ever be missing.",
		Fix:  `Name the settings, as needs = ["DATABASE_URL"], or a file that lists them, as needs_from = ".env.example".`,
	}
	msgNoName = rollout.Message{
		ID:   "config_sync.no_name",
		What: "A name of needs is no name of a setting",
		Why:  "Number {number} of needs is empty, or is not of letters, digits and underscores.",
		Fix:  `Give names alone, such as "DATABASE_URL". Values are never looked at.`,
	}
	msgNoPlaces = rollout.Message{
		ID:   "config_sync.no_places",
		What: "There is no place to look in",
		Why:  "config_sync has no place block, so that nothing could ever be missing.",
		Fix:  "Name the places in which the settings are declared, each in a place block.",
	}
	msgNotOne = rollout.Message{
		ID:   "config_sync.not_one",
		What: "A place is not one place",
		Why:  "Each place block has to have one of {sorts}.",
		Fix:  "Give one, and write a block for each further place.",
	}
	msgTwice = rollout.Message{
		ID:   "config_sync.twice",
		What: "Two places have one name",
		Why:  "Both are called {place}.",
		Fix:  "Give one of them another name, or a target.",
	}
	msgNoService = rollout.Message{
		ID:   "config_sync.no_service",
		What: "cloud_run_service is not a service of Cloud Run",
		Why:  `"{value}" has to be like projects/PROJECT/locations/REGION/services/NAME.`,
		Fix:  "Use google_cloud_run_v2_service.x.id.",
	}
	msgNoFunction = rollout.Message{
		ID:   "config_sync.no_function",
		What: "lambda_function is neither an ARN nor a name",
		Why:  `"{value}" has to be like arn:aws:lambda:eu-west-1:123456789012:function:shop, or like shop or shop:live.`,
		Fix:  "Use aws_lambda_function.x.arn, or aws_lambda_alias.x.arn.",
	}
	msgNoDefinition = rollout.Message{
		ID:   "config_sync.no_definition",
		What: "ecs_task_definition is neither an ARN nor a name",
		Why:  `"{value}" has to be like arn:aws:ecs:eu-west-1:123456789012:task-definition/shop:7, or like shop or shop:7.`,
		Fix:  "Use aws_ecs_task_definition.x.arn.",
	}
	msgNoReason = rollout.Message{
		ID:   "config_sync.no_reason",
		What: "An exception has no reason",
		Why:  "allow of {setting} does not say why.",
		Fix:  "Say it in reason: plans show it to whoever reviews them.",
	}
	msgNoPlace = rollout.Message{
		ID:   "config_sync.no_place",
		What: "An exception is for a place that there is not",
		Why:  "No place is called {place}.",
		Fix:  "Write it as the place's name, or, where it has none, as its file or service, with a blank and its target where it has one.",
	}
	msgNoReport = rollout.Message{
		ID:   "config_sync.no_report",
		What: "{object} cannot be compared",
		Why:  "{why}.",
		Fix:  "{todo}",
	}
	msgUnread = rollout.Message{
		ID:  "config_sync.unread",
		Why: "{file} cannot be read: {reason}",
		Fix: "Correct it, or its path. A path begins where Terraform runs, unless it is like \"${path.module}/.env.example\".",
	}
	msgNothing = rollout.Message{
		ID:  "config_sync.nothing",
		Why: "{file} lists no setting, so that nothing could be missing",
		Fix: "List what the app needs, one KEY= a line. Lines that are commented out do not count.",
	}
	msgMissing = rollout.Message{
		ID:  "config_sync.missing",
		Why: "what the app needs is not declared everywhere:{settings}",
		Fix: "Add it there, and release that first. What need not be there can be allowed, in an allow block with a reason, which plans then show.",
	}
	msgUnknown = rollout.Message{
		ID:  "config_sync.unknown",
		Why: "of some settings nobody knows without running something:{settings}",
		Fix: "Write them where they can be read, or say in an allow block why they are there.",
	}
	msgOdd = rollout.Message{
		ID:  "config_sync.odd",
		Why: "some settings are worth a look:{settings}",
		Fix: "Take away what nobody needs, list what is needed, and keep a secret a secret everywhere; or say in an allow block why it is so.",
	}
	msgGone = rollout.Message{
		ID:  "config_sync.gone",
		Why: "there is no such service: {place}",
		Fix: "Create it. If it is created in this same apply, refer to its computed id, google_cloud_run_v2_service.x.id, rather than to a name: then it is looked at in apply, once it exists.",
	}
	msgOdder = rollout.Message{
		ID:  "config_sync.odd_answer",
		Why: "Cloud Run answered with something else than {place}",
		Fix: "See whether something answers in its place, such as a proxy or the endpoint of the provider's google block. If not, report this as a fault of the provider.",
	}
	msgHidden = rollout.Message{
		ID:  "config_sync.hidden",
		Why: "Lambda does not show the variables of {place}, because its key may not be used",
		Fix: "Allow kms:Decrypt on the function's key to whom Terraform runs as.",
	}
	msgFiles = rollout.Message{
		ID:  "config_sync.files",
		Why: "the container {container} of {place} takes variables from files in a bucket, which are not read",
		Fix: "Write the variables into the task definition, or compare the file itself, as a place with dotenv.",
	}
	msgNoContainer = rollout.Message{
		ID:  "config_sync.no_container",
		Why: "{place} has no container {container}",
		Fix: "Correct target, or leave it out: then the settings of all its containers count.",
	}
)

func messages() []rollout.Message {
	return slices.Concat([]rollout.Message{
		msgNoNeeds, msgNoName, msgNoPlaces, msgNotOne, msgTwice, msgNoService, msgNoFunction, msgNoReason, msgNoPlace, msgNoReport,
		msgUnread, msgNothing, msgMissing, msgUnknown, msgOdd, msgGone, msgOdder, msgHidden, msgNoDefinition, msgFiles, msgNoContainer,
	}, google.Messages(), amazon.Messages(), tasks.Messages())
}
