package cloudrunservice

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var asked = cloud.Ask(name, "Cloud Run", "run.googleapis.com")

var (
	msgNoService = rollout.Message{
		ID:   "cloud_run_service.no_service",
		What: "The service of a cloud_run_service is not the id of a service",
		Why:  `"{value}" has to be like projects/my-project/locations/europe-west1/services/api.`,
		Fix:  "Use google_cloud_run_v2_service.x.id.",
	}
	msgNoRevision = rollout.Message{
		ID:   "cloud_run_service.no_revision",
		What: "revision is not the name of a revision",
		Why:  `"{value}" has to be like api-00042-fox.`,
		Fix:  "Write its short name, such as rollout_safe_deployment.x.promoted.",
	}
	msgNoDigest = rollout.Message{
		ID:   "cloud_run_service.no_digest",
		What: "The image of a cloud_run_service has no digest",
		Why:  `"{value}" has to be like host/path@sha256:DIGEST: a tag may stand for another image by now.`,
		Fix:  "Use by_digest of the data source rollout_image.",
	}
	msgNoIngress = rollout.Message{
		ID:   "cloud_run_service.no_ingress",
		What: "ingress is an unknown word",
		Why:  `"{value}" is none of {words}.`,
		Fix:  "Write one of {words}.",
	}
	msgGone = rollout.Message{
		ID:  "cloud_run_service.gone",
		Why: "there is no such service",
		Fix: "Create it. If it is created in this same apply, refer to its computed id, google_cloud_run_v2_service.x.id, rather than to a name: then it is checked in apply, once it exists.",
	}
	msgOddAnswer = rollout.Message{ID: "cloud_run_service.odd_answer", Why: "Cloud Run answered with something else than that service", Fix: "See whether something answers in its place, such as a proxy or the endpoint of the provider's google block. If not, report this as a fault of the provider."}
	msgChanging  = rollout.Message{
		ID:  "cloud_run_service.changing",
		Why: "a change of it is under way",
		Fix: "Wait until it has ended, or give it time with within.",
	}
	msgNotReady = rollout.Message{
		ID:  "cloud_run_service.not_ready",
		Why: "it is not ready: {reason}",
		Fix: "See what it lacks, and repair it:\n  {describe}",
	}
	msgOtherIngress = rollout.Message{
		ID:  "cloud_run_service.other_ingress",
		Why: "its ingress is {found}, not {ingress}",
		Fix: "Correct ingress, or change that of the service:\n  gcloud run services update {service} --project={project} --region={location} --ingress={ingress}",
	}
	msgNotPromoted = rollout.Message{
		ID:  "cloud_run_service.not_promoted",
		Why: "{revision} does not have all traffic: {split}",
		Fix: "Roll it out first, or correct revision.",
	}
	msgDivided = rollout.Message{
		ID:  "cloud_run_service.divided",
		Why: "no revision has all traffic, whose image could be compared: {split}",
		Fix: "Wait until its rollout has ended, or give it time with within.",
	}
	msgOtherImage = rollout.Message{
		ID:  "cloud_run_service.other_image",
		Why: "{revision}, which has all traffic, runs {found}",
		Fix: "Roll that image out there first, or correct image.",
	}
	msgTagged = rollout.Message{
		ID:  "cloud_run_service.tagged",
		Why: "{revision}, which has all traffic, names its image by a tag: {found}. Which image that was is not known",
		Fix: "Deploy that service by digest, or leave image out.",
	}
)

func messages() []rollout.Message {
	return append([]rollout.Message{
		msgNoService, msgNoRevision, msgNoDigest, msgNoIngress, msgGone, msgOddAnswer, msgChanging, msgNotReady, msgOtherIngress,
		msgNotPromoted, msgDivided, msgOtherImage, msgTagged,
	}, asked.Messages()...)
}
