package queuedrained

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

// What is wrong with a block.
var (
	msgAddress = rollout.Message{
		ID: "queue_drained.address", What: "A queue_drained has no address, or more than one",
		Why: "It needs exactly one of url_env, url_wo and host.",
		Fix: "Name an environment variable that holds a URL like rediss://user:password@host:6379/0 (url_env), or write host, and the password as password_env or password_wo.",
	}
	msgBeside = rollout.Message{
		ID: "queue_drained.beside", What: "Two attributes of a queue_drained say the same", Why: "{attribute} stands beside {other}.", Fix: "Remove {attribute}.",
	}
	msgNoVariable = rollout.Message{
		ID: "queue_drained.no_variable", What: "{attribute} names no environment variable",
		Why: "What stands there has other characters than letters, digits and underscores. The credential itself never stands in configuration.",
		Fix: "Write the name of the variable, like REDIS_URL, and set it where Terraform runs.",
	}
	msgNoTimeout = rollout.Message{
		ID: "queue_drained.no_timeout", What: "timeout is not a time that it can take", Why: `"{value}" has to be a number with a unit, above 0 and at most 1m.`, Fix: `Write it like "5s".`,
	}
	msgNoCertificate = rollout.Message{
		ID: "queue_drained.no_certificate", What: "ca_certificate holds no certificate", Why: "It has to be one certificate or more in PEM, each between -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----.",
		Fix: "Use what the server's provider publishes, such as google_redis_instance.x.server_ca_certs[0].cert.",
	}
	msgNothing = rollout.Message{
		ID: "queue_drained.nothing", What: "A queue_drained names nothing that has to be empty", Why: "Without sidekiq, celery, stream or keys it would always pass.",
		Fix: "Add what jobs wait in, such as sidekiq { classes = [\"OldJob\"] }.",
	}
	msgEmpty = rollout.Message{
		ID: "queue_drained.empty", What: "{attribute} has a name that is none", Why: "An empty list, or an empty name in it, would look at nothing.", Fix: "Write the names, or leave {attribute} out.",
	}
	msgNoQueues = rollout.Message{
		ID: "queue_drained.no_queues", What: "A celery block names no queue", Why: "Celery keeps no list of its queues in Redis that would be whole.", Fix: `Write them like queues = ["celery"], which is the queue of apps that set none.`,
	}
)

// Why nothing could be seen.
var (
	msgInterrupted = rollout.Message{ID: "queue_drained.interrupted", Why: "looking at it was interrupted", Fix: "Run Terraform again."}
	msgUnset       = rollout.Message{
		ID: "queue_drained.unset", Why: "{attribute} names {variable}, which is empty here",
		Fix: "Set it where Terraform runs. Where a plan may not have it, write at_plan = \"skip\": an apply always looks.",
	}
	msgNoURL = rollout.Message{
		ID: "queue_drained.no_url", Why: "what {where} holds is no address of one Redis server", Fix: "Write it like rediss://user:password@host:6379/0 (redis:// where the server speaks no TLS).",
	}
	msgUnreachable = rollout.Message{
		ID: "queue_drained.unreachable", Why: "it could not be asked: {reason}",
		Fix: "See that it runs, that it can be reached from where Terraform runs, and that its certificate is one that this machine or ca_certificate trusts. Where a plan cannot reach it, write at_plan = \"skip\": an apply always looks.",
	}
	msgRefused = rollout.Message{
		ID: "queue_drained.refused", Why: "it refuses the user or the password", Fix: "Correct them, or what the variable holds.",
	}
	msgNoPassword = rollout.Message{
		ID: "queue_drained.no_password", Why: "it wants a password, and was given none", Fix: "Give it with the address: redis://:password@…, or password_env beside host.",
	}
	msgDenied = rollout.Message{
		ID: "queue_drained.denied", Why: "its user may not use the command {command}, or not on these keys",
		Fix: "Let it, as who may:\n  ACL SETUSER <user> ~* +{command}",
	}
	msgBusy       = rollout.Message{ID: "queue_drained.busy", Why: "it answers nobody now: it loads its data, or a script runs, or it has lost its primary", Fix: "Run Terraform again when it does."}
	msgCluster    = rollout.Message{ID: "queue_drained.cluster", Why: "it is part of a Redis Cluster, in which queues cannot be read at one moment", Fix: "Give the server that the workers use: Sidekiq and Celery do not run on a cluster."}
	msgNoDatabase = rollout.Message{ID: "queue_drained.no_database", Why: "it has no database of that number", Fix: "Correct database, or the number at the end of the URL."}
	msgOtherType  = rollout.Message{
		ID: "queue_drained.other_type", Why: "a key holds something else than jobs there: {command} is not for it", Fix: "Correct the names, the key_prefix or the number of the database: something else is kept under these keys.",
	}
	msgUnasked  = rollout.Message{ID: "queue_drained.unasked", Why: "it answered {command} with an error", Fix: "See that it is Redis 5 or later, or what speaks as it does, and that no proxy before it leaves commands out."}
	msgRestless = rollout.Message{ID: "queue_drained.restless", Why: "queues or processes of Sidekiq came and went at each of three looks", Fix: "Run Terraform again, or give it time with within."}
	// What nobody remembers may be misspelt.
	msgNoSidekiq = rollout.Message{
		ID: "queue_drained.no_sidekiq", Why: "Sidekiq has never been there: there are neither queues nor processes, and nothing was done", Fix: "Correct the number of the database, or the server.",
	}
	msgNoQueue = rollout.Message{
		ID: "queue_drained.no_queue", Why: "Sidekiq has no queue {queue}", Fix: "Correct its name, or take it out of queues where it was deleted.",
	}
	msgNoBinding = rollout.Message{
		ID: "queue_drained.no_binding", Why: "Celery has no queue {queue} there: no worker or sender has declared it", Fix: "Correct its name, the number of the database, key_prefix (global_keyprefix), or exchange where the queue is bound to another one than its own name.",
	}
	msgNoStream   = rollout.Message{ID: "queue_drained.no_stream", Why: "there is no stream {key}", Fix: "Correct its key, or the number of the database."}
	msgNoGroup    = rollout.Message{ID: "queue_drained.no_group", Why: "the stream {key} has no group {group}", Fix: "Correct its name."}
	msgNoList     = rollout.Message{ID: "queue_drained.no_list", Why: "{key} is a {type}, which holds no jobs", Fix: "Correct the key, or take it out of keys."}
	msgUnreadable = rollout.Message{
		ID: "queue_drained.unreadable", Why: "{number} jobs cannot be read, so nobody can tell what they are of", Fix: "Wait until they are done (within), or leave classes or tasks out, so that any job counts.",
	}
	msgTooMany = rollout.Message{
		ID: "queue_drained.too_many", Why: "none of {what} was among the first {most} jobs of each place, and {unseen} more wait", Fix: "Wait until fewer do (within).",
	}
)

// What is left.
var msgLeft = rollout.Message{
	ID: "queue_drained.left", Why: "jobs are left ({what}): {where}",
	Fix: "See that nobody enqueues any more: what does is released first. Then let workers do what is left, for which within gives time, such as within = \"10m\"; or delete what shall never be done.",
}

func messages() []rollout.Message {
	return []rollout.Message{
		msgAddress, msgBeside, msgNoVariable, msgNoTimeout, msgNoCertificate, msgNothing, msgEmpty, msgNoQueues,
		msgInterrupted, msgUnset, msgNoURL, msgUnreachable, msgRefused, msgNoPassword, msgDenied, msgBusy, msgCluster, msgNoDatabase, msgOtherType, msgUnasked, msgRestless,
		msgNoSidekiq, msgNoQueue, msgNoBinding, msgNoStream, msgNoGroup, msgNoList, msgUnreadable, msgTooMany, msgLeft,
	}
}
