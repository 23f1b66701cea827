// Package queuedrained is the preflight kind "queue_drained": nothing waits in
// Redis for a handler that is about to be removed.
//
// It reads what Sidekiq and Celery keep there, and plain keys. Everything is read in
// one transaction (MULTI, EXEC), so that a job which moves from one place to another
// meanwhile is in one of them; only names of queues and of processes are read
// before, and once more within. Of a job nothing but its class and its queue is
// decoded, and nothing of it is told.
//
// Redis keeps no empty list, so a name that nobody has ever used looks like a queue
// that is drained. What Sidekiq and Celery remember of their queues has to be there
// beside them; of plain keys nobody remembers anything.
//
// # What it cannot do
//
// Sidekiq tells every ten seconds what its processes work on, so a job that was
// taken since is not seen; Celery's workers do not tell what they run once they have
// acknowledged it, which is before they begin, unless acks_late is set. Jobs in
// Sidekiq's dead set are not counted: nobody runs them but a person. Private queues
// of Sidekiq Pro are seen by what its processes work on. Redis Cluster is refused.
//
// # Where the rules come from
//
//   - Sidekiq's keys: https://github.com/sidekiq/sidekiq/blob/main/lib/sidekiq/api.rb
//     and https://github.com/sidekiq/sidekiq/wiki/Job-Format
//   - Celery's: https://github.com/celery/kombu/blob/main/kombu/transport/redis.py
//     and https://docs.celeryq.dev/en/stable/internals/protocol.html
//   - Transactions: https://redis.io/docs/latest/develop/using-commands/transactions/
//   - Errors: https://redis.io/docs/latest/develop/reference/protocol-spec/
//   - Consumer groups: https://redis.io/docs/latest/commands/xinfo-groups/
package queuedrained
