// Package gcsbucket is the preflight kind "gcs_bucket": a bucket of Cloud Storage
// exists where it should, keeps old versions if it has to, and holds what the
// revision looks for.
//
// It reads the bucket's metadata (storage.buckets.get) and, for prefix, the name
// of one object (storage.objects.list). There is no call that could return what
// is in an object.
//
// # Who may read and write
//
// readable_by and writable_by look at the bucket's own policy
// (storage.buckets.getIamPolicy) for a literal, unconditional binding of a role
// that reads, or creates, objects. Its absence proves nothing: grants are
// inherited, come by groups, by access control lists and custom roles, or hold
// under a condition. So these findings are passed or skipped, never failed, and
// stop nothing.
//
// # Where the rules come from
//
//   - buckets.get, location, versioning: https://cloud.google.com/storage/docs/json_api/v1/buckets
//   - objects.list, whose page may hold nothing although there is more: https://cloud.google.com/storage/docs/json_api/v1/objects/list
//   - Names of buckets: https://cloud.google.com/storage/docs/buckets#naming
//   - Which roles have which permissions: https://cloud.google.com/storage/docs/access-control/iam-roles
//   - Policy version 3, without which conditions are not shown: https://cloud.google.com/iam/docs/policies#versions
package gcsbucket
