package workerjobs

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var (
	google = cloud.Ask(kind+"_cloud_run", "Cloud Run", "run.googleapis.com")
	amazon = preflight.OfAmazon(kind+"_ecs", "ECS", "service", "aws_ecs_service.x.id")
)

// What is wrong with a block.
var (
	msgSides = rollout.Message{
		ID: "worker_jobs.sides", What: "A worker_jobs has one side alone, or one twice", Why: "It compares what is enqueued with what is handled, and {side} does not stand there once.",
		Fix: "Write one block enqueues and one block handles.",
	}
	msgSource = rollout.Message{
		ID: "worker_jobs.source", What: "A side of a worker_jobs has no source, or more than one", Why: "{side} needs exactly one of classes, file, image, cloud_run_service and ecs_service, and it must not be empty.",
		Fix: "Name where its jobs are said, such as file = \"jobs.txt\".",
	}
	msgNoJob = rollout.Message{
		ID: "worker_jobs.no_job", What: "One of classes is no job", Why: `"{job}" has to be a class, and if its arguments are to be compared their number: Class, Class/2, Class/1-3 or Class/1+.`, Fix: "Correct it.",
	}
	msgNoImage = rollout.Message{
		ID: "worker_jobs.no_image", What: "The image of a worker_jobs is not the name of one", Why: `"{image}" cannot be read as one.`, Fix: "Write host/path@sha256:DIGEST.",
	}
	msgNoService = rollout.Message{
		ID: "worker_jobs.no_service", What: "cloud_run_service is not a service of Cloud Run", Why: `"{service}" has to be like projects/PROJECT/locations/REGION/services/NAME.`, Fix: "Use google_cloud_run_v2_service.x.id.",
	}
	msgNoTasks = rollout.Message{
		ID: "worker_jobs.no_ecs_service", What: "ecs_service is not a service of Amazon ECS", Why: `"{service}" has to be like arn:aws:ecs:eu-west-1:123456789012:service/shop/worker, or like shop/worker, the cluster and the name.`,
		Fix: "Use aws_ecs_service.x.id. An ARN without its cluster is of the old form: write the cluster and the name.",
	}
	msgBeside = rollout.Message{
		ID: "worker_jobs.beside", What: "{attribute} stands alone", Why: "It says something of {other}, which is not there.", Fix: "Remove {attribute}, or add {other}.",
	}
)

// Why nothing could be compared.
var (
	msgUnread     = rollout.Message{ID: "worker_jobs.unread", Why: "{file} could not be read: {reason}", Fix: "Correct the path (it counts from where Terraform runs; \"${path.module}/jobs.txt\" is beside the configuration), or let the build write it first."}
	msgNoManifest = rollout.Message{ID: "worker_jobs.no_manifest", Why: "{of} is no list of jobs: {reason}", Fix: "Write one job a line, like Billing::ChargeJob/2, or JSON like [\"Billing::ChargeJob/2\"]."}
	msgNothing    = rollout.Message{ID: "worker_jobs.nothing", Why: "{of} lists no job, so nothing is compared", Fix: "See that the build writes what it {side}; if there is nothing any more, remove this requirement."}
	msgNoLabel    = rollout.Message{ID: "worker_jobs.no_label", Why: "{image} has no label {label}", Fix: "Build it with the label:\n  docker build --label {label}=\"$(cat jobs.txt)\" .\nor correct label."}
	// One image for two processors comes of one build.
	msgOtherLabels = rollout.Message{ID: "worker_jobs.other_labels", Why: "{image} says other jobs in its label {label} for one platform than for another", Fix: "Build it for all platforms from the same sources, with the same label."}
	msgImageGone   = rollout.Message{ID: "worker_jobs.image_gone", Why: "the registry has no image {image}", Fix: "Push it. If this same apply pushes it, refer to what its resource computes, so that it is looked at in apply, once it is there."}
	msgImageDenied = rollout.Message{
		ID: "worker_jobs.image_denied", Why: "the registry does not let {image} be pulled (at Google: artifactregistry.repositories.downloadArtifacts), or it does not exist",
		Fix: "Let the account that Terraform runs as read the repository: roles/artifactregistry.reader at Google, docker login elsewhere. With an endpoint in the provider's google block no credential is sent to Google's registries.",
	}
	msgNoClient    = rollout.Message{ID: "worker_jobs.no_client", Why: "the registry could not be asked: {what}", Fix: "{fix}"}
	msgImageUnread = rollout.Message{
		ID: "worker_jobs.image_unread", Why: "the registry gave no answer about {image} that could be read", Fix: "See that the name is right and that this machine reaches the registry (DNS, proxy, firewall), and run Terraform again.",
	}
	msgServiceGone = rollout.Message{
		ID: "worker_jobs.service_gone", Why: "there is no service {service}",
		Fix: "Create it. If it is created in this same apply, refer to its computed id, google_cloud_run_v2_service.x.id, rather than to a name: then it is looked at in apply, once it exists.",
	}
	msgOdd        = rollout.Message{ID: "worker_jobs.odd_answer", Why: "Cloud Run answered with something else than {service}", Fix: "See whether something answers in its place, such as a proxy or the endpoint of the provider's google block. If not, report this as a fault of the provider."}
	msgNobody     = rollout.Message{ID: "worker_jobs.nobody", Why: "no revision of {service} has traffic", Fix: "Deploy it first."}
	msgOther      = rollout.Message{ID: "worker_jobs.other_revision", Why: "{revision} does not have all traffic of {service}: its traffic is on {serving}", Fix: "Finish that rollout first, and apply this again. If traffic was moved by hand, move it back."}
	msgNoTask     = rollout.Message{ID: "worker_jobs.no_task", Why: "no task of {service} runs", Fix: "Deploy it first."}
	msgOtherTasks = rollout.Message{ID: "worker_jobs.other_tasks", Why: "{service} does not run {definition} alone: its tasks are of {running}", Fix: "Let its deployment finish (within gives it time), and apply this again."}
	msgContainer  = rollout.Message{ID: "worker_jobs.container", Why: "task {task} has {count} containers that may say its jobs, and one has to (container is \"{wanted}\")", Fix: "Name the container that handles them, or enqueues them, in container."}
	msgNoDigest   = rollout.Message{ID: "worker_jobs.no_digest", Why: "ECS does not say by which digest task {task} runs {image}", Fix: "Run Terraform again once it runs (within gives it time), or deploy it by digest."}
	msgTagged     = rollout.Message{ID: "worker_jobs.tagged", Why: "{revision} runs {image}, which is no digest: what the tag stood for then is not known", Fix: "Deploy it by digest (by_digest of the data source rollout_image)."}
)

// What does not go together.
var (
	msgUnhandled = rollout.Message{
		ID: "worker_jobs.unhandled", Why: "jobs may be enqueued that are not handled:{jobs}",
		Fix: "If they are new, release the worker that handles them first. If they go, release first what enqueues them no more, and wait until their queues are drained. Where the number of arguments changes, let the worker take both for one release.",
	}
	msgUncounted = rollout.Message{
		ID: "worker_jobs.uncounted", Why: "nobody can tell of some jobs whether their arguments are taken:{jobs}", Fix: "Write the number of arguments on both sides (Class/2), or on neither.",
	}
)

func messages() []rollout.Message {
	return append([]rollout.Message{
		msgSides, msgSource, msgNoJob, msgNoImage, msgNoService, msgNoTasks, msgBeside,
		msgUnread, msgNoManifest, msgNothing, msgNoLabel, msgOtherLabels, msgImageGone, msgImageDenied, msgNoClient, msgImageUnread,
		msgServiceGone, msgOdd, msgNobody, msgOther, msgNoTask, msgOtherTasks, msgContainer, msgNoDigest, msgTagged, msgUnhandled, msgUncounted,
	}, append(google.Messages(), amazon.Messages()...)...)
}
