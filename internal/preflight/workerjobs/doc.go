// Package workerjobs is the preflight kind "worker_jobs": every job that one side
// may enqueue is handled by the other.
//
// Both sides say what they do in a manifest: a list of classes, each with the
// arguments that it takes if somebody wrote them down. It stands in a file, in a
// label of an image, where it cannot be of another build, or in configuration; and
// it is read live, from the images of the revisions that serve on Cloud Run, or of the
// tasks that a service of Amazon ECS runs. What
// is added and what is removed is the same comparison: before an API enqueues a new
// class its worker, as it is live, has to handle it; before a worker forgets one,
// no live API may enqueue it.
//
// Several that are live handle what all of them handle, and enqueue what any of them
// does. On ECS those are live that have not stopped: one that was told to may still
// take a job. An image is read by the digest that ECS pulled.
//
// # What it cannot do
//
// It believes the manifests. It does not read sources: which class is enqueued may
// be decided when the program runs. Arguments are compared by their number, not by
// what they are. Arguments that one side alone writes down are not compared, and
// the requirement is skipped then.
//
// # Where the rules come from
//
//   - Labels of images: https://github.com/opencontainers/image-spec/blob/main/config.md
//   - Tasks of ECS: package preflight
//   - Traffic of Cloud Run: https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services
//   - A job whose class is not there is tried again, and ends as dead:
//     https://github.com/sidekiq/sidekiq/wiki/Error-Handling; one whose task is not
//     registered is dropped: https://docs.celeryq.dev/en/stable/userguide/workers.html
package workerjobs
