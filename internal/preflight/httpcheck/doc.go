// Package httpcheck is the preflight kind "http": something that the revision
// depends on answers, before anything moves.
//
// One GET, without a body and without credentials; redirects are not followed, so
// a 302 is a 302. Whatever is not the wanted answer fails, and is worth another
// try: what starts in the same apply may need a moment.
//
// # What it cannot do
//
// It asks from the machine that runs Terraform: a dependency that only the
// revision can reach cannot be checked so. An answer says that something is
// there, not that the revision may use it.
//
// Nothing of an answer but its status is quoted, and no address with its query:
// both may hold secrets. Statuses are those of https://www.rfc-editor.org/rfc/rfc9110#name-status-codes
package httpcheck
