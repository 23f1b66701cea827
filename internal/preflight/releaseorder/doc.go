// Package releaseorder is the preflight kind "release_order": another deployment
// has promoted the revision that it is to have.
//
// It compares two attributes of that deployment, revision and promoted. They are
// not known before apply while that deployment is about to change, so that the
// requirement is deferred without anybody's saying so; and a reference to them makes
// Terraform apply that deployment first. They differ where its rollout is held or
// in the middle, or where somebody took it back.
//
// # What it cannot do
//
// It believes what it is given: two texts that are equal pass, whatever they are
// of. It says nothing of what that revision can do (worker_jobs does), nor of what
// is live where somebody has moved traffic by hand since the last refresh.
package releaseorder
