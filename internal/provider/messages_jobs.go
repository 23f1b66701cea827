package provider

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgNoJobKind = rollout.Message{
		ID:   "job.no_kind",
		What: `Job "{job}" does not say what is run`,
		Why:  "It needs exactly one of the blocks {kinds}.",
		Fix:  "Add the block of what is to be run.",
	}
	msgTwoJobKinds = rollout.Message{
		ID:   "job.two_kinds",
		What: `Job "{job}" says twice what is run`,
		Why:  "It has more than one of the blocks {kinds}.",
		Fix:  "Keep one, and write another before or after block for the other: they run in order.",
	}
	msgTwoJobs = rollout.Message{
		ID:   "job.two_names",
		What: `Two jobs are called "{job}"`,
		Why:  "A job is known by its name, in before and after together: by it a later apply knows what has been run for this content.",
		Fix:  "Give each a name of its own.",
	}
	msgTooManyJobs = rollout.Message{
		ID:   "job.too_many",
		What: "There are more than {most} {when} blocks",
		Why:  "{count} jobs would run one after the other, and users wait for all of them.",
		Fix:  "Let one job do the work of several, or leave some to a deployment of their own.",
	}
	msgJobUnopened = rollout.Message{
		ID:  "job.unopened",
		Why: `job "{job}" cannot be opened: {why}`,
		Fix: "Mend what it names.",
	}
	msgJobUnopenedInApply = rollout.Message{
		ID:   "job.unopened_in_apply",
		What: "A job cannot be opened",
		Why:  "{why}",
		Fix:  "Nothing was written. Mend what it names, and apply again.",
	}
	msgNoCandidateImage = rollout.Message{
		ID:  "job.no_candidate_image",
		Why: `job "{job}" has to run the candidate's image, and the candidate has none that is known by its digest`,
		Fix: "Name the image of the deployment by digest, such as by_digest of the data source rollout_image; where the candidate has no image, leave candidate_image out.",
	}
	msgNowApplied = rollout.Message{
		ID:  "now.applied",
		Why: `job "{job}" was run for this content (execution {execution}, which {ended}): what it changed stays as it is, for nothing is undone`,
	}
	msgNowRunning = rollout.Message{
		ID:  "now.running",
		Why: `job "{job}" goes on running (execution {execution}), and nobody stops it`,
	}
	msgNowPrinted = rollout.Message{
		ID:  "now.printed",
		Why: "The last lines of its log:\n{lines}",
	}
	todoJobFailed = rollout.Message{
		ID:  "todo.job_failed",
		Fix: "Nothing is blocked. Find out what the job failed of, mend that, and apply again: the next apply runs the job again.{look}",
	}
	todoJobGoesOn = rollout.Message{
		ID:  "todo.job_goes_on",
		Fix: "Nothing is blocked. Apply again: the next apply waits for what is running and does not run it a second time. Give the job a longer timeout if it needs one.{look}",
	}
	todoJobUnclear = rollout.Message{
		ID:  "todo.job_unclear",
		Fix: "Nothing is blocked. Find out what became of it, for it is neither taken for done nor run a second time.{look}",
	}
	todoJobSay = rollout.Message{
		ID:  "todo.job_say",
		Fix: "Then say so, with failed in the place of succeeded where it is to be run again, and apply again:\n  {say}",
	}
	todoJobNotBegun = rollout.Message{
		ID:  "todo.job_not_begun",
		Fix: "Nothing is blocked. Mend what kept the job from being run, and apply again.",
	}
	todoJobAfter = rollout.Message{
		ID:  "todo.job_after",
		Fix: "{live} goes on serving: once a job after promotion has begun, nobody is sent back to what served before. The next apply watches again, and then goes on with this job.",
	}
)

// jobMessages are what is said about jobs before a candidate and after promotion.
func jobMessages() []rollout.Message {
	return []rollout.Message{
		msgNoJobKind, msgTwoJobKinds, msgTwoJobs, msgTooManyJobs, msgJobUnopened, msgJobUnopenedInApply, msgNoCandidateImage, msgNowApplied, msgNowRunning, msgNowPrinted,
		todoJobFailed, todoJobGoesOn, todoJobUnclear, todoJobSay, todoJobNotBegun, todoJobAfter,
	}
}
