// Package cloudrunservice is the preflight kind "cloud_run_service": another
// service of Cloud Run, on which the revision depends, is there and ready, serves
// what it should and is reached from where it should be.
//
// A service is ready when its last change has ended well. One whose newest
// revision failed goes on serving an older one; it is not ready all the same,
// because its next change of traffic may not be applied.
//
// revision is promoted when it alone has traffic: a split in the middle of a
// rollout of that service is not promoted. image is compared by digest with that
// of the revision that alone has traffic.
//
// # What it cannot do
//
// It sends no request, so it does not know whether the service answers: a
// requirement "http" does. An image that a revision names by a tag has no digest
// to compare.
//
// # Where the rules come from
//
//   - services.get, terminalCondition, trafficStatuses, ingress: https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services
//   - revisions.get: https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services.revisions
//   - Ingress, as gcloud calls it: https://cloud.google.com/run/docs/securing/ingress
//   - Permissions: https://cloud.google.com/run/docs/reference/iam/permissions
package cloudrunservice
