// Package neon is Neon's API on loopback, as far as a rollout and whoever changes
// an endpoint can see it: endpoints, their settings, and the operations by which a
// change is done. It is made from Neon's published description
// (https://neon.com/api_spec/release/v2.json) and its documents
// (https://neon.com/docs/reference/api/operations): a change is answered at once,
// with operations that take their time by the clock of the sandbox, and whatever
// would conflict with one of them is answered 423.
//
// An unknown path, parameter or field is refused, and is a violation. Neon has no
// secret here but the API keys, which are the test's own.
package neon
