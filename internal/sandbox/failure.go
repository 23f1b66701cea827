package sandbox

import (
	"fmt"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// A failure is why a revision or a service is not ready: what the operation
// ends with (code, message) and what a condition shows (reason).
//
// Codes: 9 for a container or a secret and 5 for an image are what Terraform
// users report since 2025 ("Error code 9, message: Revision …"); 13 was common
// before and is still the only one reported for a missing revision
// (terraform-docs-samples#269).
type failure struct {
	code     codes.Code
	message  string
	common   runpb.Condition_CommonReason
	specific runpb.Condition_RevisionReason
	// execution is the reason of an execution of a job.
	execution runpb.Condition_ExecutionReason
}

// of puts a revision's failure in the words of its service.
func (f *failure) of(revision string) *failure {
	if f == nil {
		return nil
	}
	g := *f
	g.message = fmt.Sprintf("Revision '%s' is not ready and cannot serve traffic. %s", revision, f.message)
	return &g
}

// notListening is the failure of a container that ends or does not listen. The
// text is Cloud Run's, its odd "defined provided" included (tesseract#413).
func notListening(p place, service, revision string, port int32) *failure {
	return &failure{
		code:     codes.FailedPrecondition,
		specific: runpb.Condition_HEALTH_CHECK_CONTAINER_ERROR,
		message: fmt.Sprintf("The user-provided container failed to start and listen on the port defined provided by the PORT=%d environment variable within the allocated timeout. "+
			"This can happen when the container port is misconfigured or if the timeout is too short. The health check timeout can be extended. Logs for this revision might contain more information.", port) +
			logsHint(p, service, revision),
	}
}

// probeFailed is the failure of a configured startup probe.
func probeFailed(p place, service, revision string) *failure {
	return &failure{
		code:     codes.FailedPrecondition,
		specific: runpb.Condition_HEALTH_CHECK_CONTAINER_ERROR,
		message: "The user-provided container failed the configured startup probe checks. Logs for this revision might contain more information." +
			logsHint(p, service, revision),
	}
}

func logsHint(p place, service, revision string) string {
	return "\n\nLogs URL: " + logURI(p, service, revision) +
		"\nFor more troubleshooting guidance, see https://cloud.google.com/run/docs/troubleshooting#container-failed-to-start"
}

func logURI(p place, service, revision string) string {
	return fmt.Sprintf("https://console.cloud.google.com/logs/viewer?project=%s&resource=cloud_run_revision/service_name/%s/revision_name/%s"+
		"&advancedFilter=resource.type%%3D%%22cloud_run_revision%%22%%0Aresource.labels.service_name%%3D%%22%[2]s%%22%%0Aresource.labels.revision_name%%3D%%22%[3]s%%22",
		p.project, service, revision)
}

// imageMissing is the failure of an image that does not exist (deploy-cloudrun#465).
func imageMissing(image string) *failure {
	return &failure{
		code:    codes.NotFound,
		common:  runpb.Condition_CONTAINER_MISSING,
		message: fmt.Sprintf("Image '%s' not found.", image),
	}
}

// secretsFailed is the failure of one or more secrets, one line for each
// (terraform-docs-samples#168 shows the joined form).
func secretsFailed(lines string) *failure {
	return &failure{
		code:    codes.FailedPrecondition,
		common:  runpb.Condition_SECRETS_ACCESS_CHECK_FAILED,
		message: lines,
	}
}

// revisionGone is the failure of traffic that names a revision which is not
// there (terraform-docs-samples#269). It is found while reconciling, not when
// the write is checked.
func revisionGone(revision string) *failure {
	return &failure{
		code:    codes.Internal,
		common:  runpb.Condition_REVISION_FAILED,
		message: fmt.Sprintf("Revision '%s' does not exist or is deleted. Update all traffic to route to currently available revisions.", revision),
	}
}

// condition renders one condition of a service or a revision.
func condition(kind string, pending bool, f *failure, at time.Time) *runpb.Condition {
	c := &runpb.Condition{Type: kind, State: runpb.Condition_CONDITION_SUCCEEDED, LastTransitionTime: timestamppb.New(at)}
	switch {
	case pending:
		c.State = runpb.Condition_CONDITION_RECONCILING
	case f != nil:
		c.State, c.Message = runpb.Condition_CONDITION_FAILED, f.message
		f.explain(c)
	}
	return c
}

func (f *failure) explain(c *runpb.Condition) {
	switch {
	case f.execution != runpb.Condition_EXECUTION_REASON_UNDEFINED:
		c.Reasons = &runpb.Condition_ExecutionReason_{ExecutionReason: f.execution}
	case f.specific != runpb.Condition_REVISION_REASON_UNDEFINED:
		c.Reasons = &runpb.Condition_RevisionReason_{RevisionReason: f.specific}
	case f.common != runpb.Condition_COMMON_REASON_UNDEFINED:
		c.Reasons = &runpb.Condition_Reason{Reason: f.common}
	}
}
