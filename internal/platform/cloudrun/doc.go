// Package cloudrun divides the traffic of a Cloud Run service among its
// revisions.
//
// A split is the service's traffic block: whole percents by revision
// (https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration).
// Writes carry the etag of the service that was read, and the update mask
// "traffic", so that they cannot touch the template; a stale etag is answered
// ABORTED (https://google.aip.dev/154). Foreign tags are kept as they are.
// Entries that follow the latest revision are pinned to the one that serves,
// because they would move when anybody deploys.
//
// The way home is a traffic tag of ours, and so is the candidate's own
// address. A tag and the service's name together have at most 46 characters.
//
// What it cannot do: session affinity takes precedence over any split
// (https://cloud.google.com/run/docs/configuring/session-affinity), so with it
// the shares that users get differ from the ones that are asked for. Cloud Run
// applies traffic as a whole: while a tag names a revision that failed, nothing
// moves. Requests in flight are left to finish on the old revision.
package cloudrun
