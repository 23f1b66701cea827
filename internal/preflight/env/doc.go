// Package env is the preflight kind "env": the names of settings that a revision
// must have.
//
// It compares names alone. A platform tells the names of a revision's settings
// in Subject.Env, whether a setting is a plain value or a reference to a secret;
// nobody here sees a value. A name that is required and absent fails. A name that
// the live revision has and the candidate has not is a warning: it is how
// settings get lost without anybody's meaning it.
//
// It needs a candidate, so at plan, and until there is one, it is Deferred.
//
// # What it cannot do
//
// It cannot say whether a value is right, or whether it is empty. It does not see
// what an image sets by itself, nor what the platform adds (PORT, K_SERVICE, …):
// https://cloud.google.com/run/docs/container-contract#env-vars
package env
