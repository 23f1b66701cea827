package cloudrunjob

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var asked = cloud.Ask(name, "Cloud Run", "run.googleapis.com")

var (
	msgNoJob = rollout.Message{
		ID:   "cloud_run_job.no_job",
		What: "The job of a cloud_run_job is not the id of a job",
		Why:  `"{value}" has to be like projects/my-project/locations/europe-west1/jobs/migrate.`,
		Fix:  "Use google_cloud_run_v2_job.x.id.",
	}
	msgGone = rollout.Message{
		ID:  "cloud_run_job.gone",
		Why: "there is no such job",
		Fix: "Create it. If it is created in this same apply, refer to its computed id, google_cloud_run_v2_job.x.id, rather than to a name: then it is looked at in apply, once it exists.",
	}
	msgOddAnswer = rollout.Message{ID: "cloud_run_job.odd_answer", Why: "Cloud Run answered with something else than that job", Fix: "See whether something answers in its place, such as a proxy or the endpoint of the provider's google block. If not, report this as a fault of the provider."}
	msgNotReady  = rollout.Message{
		ID:  "cloud_run_job.not_ready",
		Why: "it cannot be run: {reason}",
		Fix: "See what it lacks, and repair it:\n  gcloud run jobs describe {job} --project={project} --region={location}",
	}
	msgMayNotRun = rollout.Message{
		ID:  "cloud_run_job.may_not_run",
		Why: "it may not be run: {permissions} is denied",
		Fix: "Grant it to the account that Terraform runs as: {role} has it.",
	}
	msgOtherImage = rollout.Message{
		ID:  "cloud_run_job.other_image",
		Why: "it would run {found}, and the candidate's image is {image}",
		Fix: "Give the job the same image as the deployment, and name the job by its computed id, so that it is changed first. Or leave candidate_image out.",
	}
	msgTagged = rollout.Message{
		ID:  "cloud_run_job.tagged",
		Why: "it names its image by a tag, {found}, so that nobody can tell whether it is the candidate's",
		Fix: "Give the job its image by digest, such as by_digest of the data source rollout_image. Or leave candidate_image out.",
	}
)

func messages() []rollout.Message {
	return append([]rollout.Message{
		msgNoJob, msgGone, msgOddAnswer, msgNotReady, msgMayNotRun, msgOtherImage, msgTagged,
	}, asked.Messages()...)
}
