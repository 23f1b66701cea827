// Package httpprobe is the gate kind "http": it asks the revision itself, with
// requests that a person chose, and counts those that were not answered as they
// should be.
//
// It is the one source that needs no users: it works at weight 0, where it asks
// the revision's own address, and after promotion, where it asks the service's
// as well, because only then do the service's answers speak for the revision.
//
//	value    requests that were not answered as they should be
//	samples  requests that were made; 0 where the revision has no address
//	note     the first request that went wrong, in words
//
// A request that cannot be made (refused, cut, too slow, a certificate that is
// not valid) is a fault of the revision and counts in the value. Only the end of
// the caller's own context, and a credential that cannot be had, are errors.
//
// All requests of one evaluation are made at once, so that a revision that
// hangs is told apart from a gate that could not measure: one evaluation takes
// as long as its slowest request.
//
// What serves is asked before a rollout as well, at plan too: with safe requests
// alone. Those that may change something wait for the candidate.
//
// # What it cannot do
//
// It sends no body and no headers of the user's. It follows no redirect: a 302
// is a 302. It reads the first MiB of an answer. It cannot see what users see:
// an answer here says nothing of requests that carry a session or a body.
// It asks from the machine that runs Terraform, so the address must be reachable
// from there.
//
// # Where the rules come from
//
//   - A revision's own address is its tag's: https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration#tags
//   - A private service wants an identity token with each request; the platform
//     hands it in as Subject.Token: https://cloud.google.com/run/docs/authenticating/service-to-service
//   - Safe and unsafe methods: https://www.rfc-editor.org/rfc/rfc9110#name-safe-methods
//
// Nothing of an answer but its status is ever quoted: a body may hold secrets.
// Neither is a path's query, nor what an answer is compared with.
package httpprobe
