// Package neonendpoint is the preflight kind "neon_endpoint": a compute endpoint
// of Neon has the size and the way to suspend that a revision was planned for, and
// what Neon has been asked to change is in effect.
//
// It reads the endpoint, and the latest operations of its project. A change of an
// endpoint is answered at once and is done later, by operations; so settings count
// only when no operation on the endpoint, or on its branch as a whole, is under
// way. Neon may try again what failed: a failed operation counts as under way
// until one of the same sort has finished after it.
//
// Suspending and waking are operations too. An endpoint that is just going to
// sleep or waking up is not settled for a moment, which passes.
//
// # What it cannot do
//
// Operations beyond the latest hundred of the project are not seen. The defaults
// of a project say nothing of an endpoint, so they are not read. Nothing is
// changed: a check that wakes or resizes an endpoint would be none.
//
// # Where the rules come from
//
//   - Endpoints, their settings (0 seconds stand for 300, -1 for never), operations: https://api-docs.neon.tech/reference/getprojectendpoint
//   - Which states of an operation are the last: https://neon.com/docs/reference/api/operations
//   - 423, 429 and limits: https://neon.com/docs/reference/api/key-concepts
package neonendpoint
