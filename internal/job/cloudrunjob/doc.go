// Package cloudrunjob is the job kind "cloud_run_job": a job of Cloud Run, of
// which an execution is begun.
//
//	Find    executions of the job, whose ROLLOUT_KEY is the key
//	Start   jobs.run, with ROLLOUT_KEY and what else is told as overrides, on
//	        condition of the job's etag
//	Look    the execution, and of one that has failed its task and its log
//
// # What the platform remembers
//
// The key stands in a variable of the execution, which Cloud Run shows for as
// long as it keeps the execution: at least the 1,000 newest of a job and those of
// a week. Neither the job nor any label of it is changed, so whoever manages the
// job in Terraform sees no difference.
//
// # The candidate's image
//
// A run cannot be given another image (RunJobRequest has none). Changing the job
// would be a difference in the plan of whoever manages it, and a job of our own
// beside it would be one that nobody manages. So candidate_image promises it
// instead: the job has to have the candidate's image, by digest, when it is run;
// Terraform puts it there. The etag keeps anybody from changing it in between.
//
// # What is read of a log
//
// Of an execution that has failed, the last lines that its containers wrote, to be
// shown: nothing else tells why a migration failed. A job that prints secrets
// prints them there; log_lines = 0 reads none.
//
// # Where the rules come from
//
//   - Running: https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs/run
//   - Executions: https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs.executions
//   - Tasks: https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs.executions.tasks
//   - What is kept: https://cloud.google.com/run/quotas and https://cloud.google.com/run/docs/execute/jobs
//   - Logs: https://cloud.google.com/run/docs/logging
package cloudrunjob
