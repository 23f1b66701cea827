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
// # One conversation
//
// The requests of an evaluation are made in their order, at each address apart.
// They share a jar of cookies and what was captured of answers; both are kept in
// memory for one evaluation, and shown nowhere. All of them together have 25
// seconds, so that a revision that hangs is told apart from a gate that could not
// measure. What needs a value that was not found is not asked: not finding it is
// a fault already.
//
// Cookies are kept for one address, whichever revision answered, and without
// their domain: that is of the address that users know. A placeholder is
// {{name}}, and {{{{ is {{ itself: Terraform keeps ${…} for itself, and JSON never
// begins two objects with each other.
//
// # What is promoted, and the candidate
//
// A request with on = "promoted" is made at the address of the revision to which
// traffic would go home, before those at the candidate: a session that begins
// there has to go on here. Where it is not answered as it should be there is no
// data, for that says nothing about the candidate. With nobody at home the gate is
// not owed.
//
// What serves is asked before a rollout as well, at plan too: up to the first
// request that may change something, or that is for what is promoted. Those after
// it may need its cookies, and wait for the candidate with it.
//
// # What it cannot do
//
// It follows no redirect: a 302 is a 302. It reads the first MiB of an answer. It
// runs no script: a login by a page that only a browser understands needs a test
// of its own. It asks from the machine that runs Terraform, so the address must be
// reachable from there.
//
// # Where the rules come from
//
//   - A revision's own address is its tag's: https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration#tags
//   - A private service wants an identity token with each request, for the
//     service's own address also at a tag's; the platform hands it in as
//     Subject.Token. It goes in X-Serverless-Authorization where the app has
//     Authorization for itself: https://cloud.google.com/run/docs/authenticating/service-to-service
//   - Safe and unsafe methods: https://www.rfc-editor.org/rfc/rfc9110#name-safe-methods
//   - Cookies: https://www.rfc-editor.org/rfc/rfc6265
//
// Nothing of an answer but its status is ever quoted: a body may hold secrets.
// Neither is a path's query, nor a header, a body, what was captured, or what an
// answer is compared with.
package httpprobe
