package migrationreview

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgNoDialect = rollout.Message{
		ID:   "migration_review.no_dialect",
		What: "dialect is not one that can be reviewed",
		Why:  `"{dialect}" is none of postgres, mysql and mariadb.`,
		Fix:  `Write the one that the server speaks, such as dialect = "postgres".`,
	}
	msgNoVersion = rollout.Message{
		ID:   "migration_review.no_version",
		What: "version is not one that the rules know",
		Why:  `"{version}" is not a version of {dialect} for which they were written: postgres 12 to 18, mysql 5.6 to 8.4, mariadb 10.2 to 10.11.`,
		Fix:  "Write the server's version in numbers, such as 15 or 8.0.36.",
	}
	msgNoFormat = rollout.Message{
		ID:   "migration_review.no_format",
		What: "format is not one that can be read",
		Why:  `"{format}" is none of {formats}.`,
		Fix:  "Leave it out, so that the files tell; or write one of these.",
	}
	msgTwoWays = rollout.Message{
		ID:   "migration_review.two_ways",
		What: "More than one of applied_through, pending and migrations says what is to be applied",
		Why:  "They may contradict each other.",
		Fix:  "Keep one of them.",
	}
	msgNoDatabase = rollout.Message{
		ID:   "migration_review.no_database",
		What: "migrations stands there without a database",
		Why:  "What a tool has applied stands in a table of the database that it migrates.",
		Fix:  "Add its address: url_env, or host with database and user. Or say what is applied in applied_through.",
	}
	msgOtherServer = rollout.Message{
		ID:  "migration_review.other_server",
		Why: "the database is {found}, and not {dialect} {version}: rules of another version would count",
		Fix: "Correct dialect and version, or the address.",
	}
	msgUnasked = rollout.Message{
		ID:  "migration_review.unasked",
		Why: "nobody knows how large the tables are, so that every one counts as a large one: {why}",
		Fix: "{fix}",
	}
	msgLedger = rollout.Message{
		ID:  "migration_review.ledger",
		Why: "what is pending stands in the database alone, and will not once it is applied",
		Fix: "Say it in applied_through, and raise that with the next release.",
	}
	msgLedgerForgets = rollout.Message{
		ID:  "migration_review.ledger_forgets",
		Why: "what is pending stands in the migration tool's table alone, which forgets it as soon as it is applied: every release counts as one whose migrations leave no way home",
		Fix: "With applied_through in the place of migrations the files tell, and a way home that they leave stays open.",
	}
	msgNoRetention = rollout.Message{
		ID:   "migration_review.no_retention",
		What: "retention is not a time",
		Why:  `"{retention}" has to be like 7d or 36h.`,
		Fix:  "Correct it, or leave it out for 7d.",
	}
	msgNoDay = rollout.Message{
		ID:   "migration_review.no_day",
		What: "A day of unread_since is none",
		Why:  `{object} has "{day}", which has to be like 2026-10-01.`,
		Fix:  "Write the day on which the last revision that read it stopped being live.",
	}
	msgUnreadable = rollout.Message{
		ID:  "migration_review.unreadable",
		Why: "{name} cannot be read: {why}",
		Fix: "Correct directory or schema_file; both are looked for from where Terraform runs, so begin them with ${path.module}.",
	}
	msgNothing = rollout.Message{
		ID:  "migration_review.nothing",
		Why: "no file in it is a migration",
		Fix: "Correct directory, or format if it is given.",
	}
	msgAmbiguous = rollout.Message{
		ID:  "migration_review.ambiguous",
		Why: "its files are like those of several tools, so that nobody can tell their order",
		Fix: "Set format.",
	}
	msgNoSuch = rollout.Message{
		ID:  "migration_review.no_such_version",
		Why: "no migration has the version {version}, so nobody can tell what is pending",
		Fix: "Correct applied_through or pending.",
	}
	msgTwice = rollout.Message{
		ID:  "migration_review.twice",
		Why: "two migrations have the version {version}, so nobody can tell their order",
		Fix: "Give one of them another version.",
	}
	msgHarm = rollout.Message{
		ID:  "migration_review.harm",
		Why: "{place}: {does}",
		Fix: "{instead} If somebody has looked at it, and it does no harm here: a comment -- rollout:allow, the rule and the reason, right before the statement.",
	}
	msgBreaks = rollout.Message{
		ID:  "migration_review.breaks",
		Why: "what serves now may fail while the candidate rises: {place}: {does}",
		Fix: "{instead} If somebody has looked at it, and what serves now does not need it: a comment -- rollout:allow, the rule and the reason, right before the statement.",
	}
	msgMore = rollout.Message{
		ID:  "migration_review.more",
		Why: "there are {count} findings more",
		Fix: "Read all of them in the data source rollout_migration_review.",
	}
	msgWorth = rollout.Message{
		ID:  "migration_review.worth_a_look",
		Why: "some statements are worth a look:{list}",
		Fix: "The data source rollout_migration_review says of each what to do instead.",
	}
	msgAllowed = rollout.Message{
		ID:  "migration_review.allowed",
		Why: "some statements are allowed, each for the reason beside it:{list}",
		Fix: "See that the reasons hold; nothing else looks at these.",
	}
)

func messages() []rollout.Message {
	return []rollout.Message{
		msgNoDialect, msgNoVersion, msgNoFormat, msgTwoWays, msgNoDatabase, msgOtherServer, msgUnasked, msgLedger, msgLedgerForgets, msgNoRetention, msgNoDay,
		msgUnreadable, msgNothing, msgAmbiguous, msgNoSuch, msgTwice, msgHarm, msgBreaks, msgMore, msgWorth, msgAllowed,
	}
}
