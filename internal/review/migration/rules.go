package migration

import "slices"

// Rules lists every rule.
func Rules() []Rule {
	return slices.Concat(
		postgresColumnRules(), postgresChangedColumnRules(), postgresConstraintRules(), postgresObjectRules(), postgresOtherRules(), postgresValueRules(), postgresSessionRules(),
		mysqlColumnRules(), mysqlChangedColumnRules(), mysqlTableRules(), mysqlOtherRules(), mysqlSessionRules(), otherRules())
}

// The pages that rules come from.
const (
	pgAlter      = "https://www.postgresql.org/docs/current/sql-altertable.html"
	pgLocks      = "https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES"
	pgIndex      = "https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY"
	pgType       = "https://www.postgresql.org/docs/current/sql-altertype.html"
	pgPartitions = "https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-MAINTENANCE"
	pgTimeouts   = "https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT"
)

const (
	postgres = "postgres"
	mysql    = "mysql"
	both     = "any"

	expand   = "expand"
	contract = "contract"
	never    = "never"
)

// Sentences that several rules have.
const (
	oldInserts = "It inserts rows without the column, and each of them fails."
	oldReads   = "It still names it, and each such statement fails."
	waitsLong  = "Its statements on the table wait until this one ends."
	gone       = "What was in it is gone; the former revision fails until it is restored."
)

// otherRules are about files, allowances, and what somebody said of revisions.
func otherRules() []Rule {
	return []Rule{
		{
			ID: "XX001", Engine: both, Level: Harms, Hazard: BreaksOld | StaysBroken, Phase: never, When: "promoted_reads names it",
			Does: "Takes away, renames or converts what the revision that serves now is known to use.", Old: oldReads, Back: "The former revision fails.",
			Instead: []string{"Release n: no revision names {column} any more.", "Release n+1, once nothing that names it is live or is gone back to: this statement."},
			Source:  "https://martinfowler.com/bliki/ParallelChange.html",
		},
		{
			ID: "XX002", Engine: both, Level: Harms, Hazard: BreaksNew, When: "candidate_reads names it",
			Does: "The next revision uses something that no migration which was read makes.", New: "Each statement that names it fails.",
			Instead: []string{"Add the migration that makes it, or give schema_file if it was there before all of these."},
			Source:  "https://martinfowler.com/bliki/ParallelChange.html",
		},
		{
			ID: "XX003", Engine: both, Level: Warns, Hazard: StaysBroken, Phase: contract, When: "the format has parts that go back, and this migration has none",
			Does: "Takes something away, and the migration has no part that goes back.", Back: "Nothing brings it back but a backup.",
			Instead: []string{"Write the part that goes back, or keep this for a release after the one that may be gone back to."},
			Source:  "https://martinfowler.com/bliki/ParallelChange.html",
		},
		{
			ID: "XX004", Engine: both, Level: Harms, Hazard: BreaksOld | StaysBroken, Phase: never,
			Does: "Adds to a table and takes away from it in one release.", Old: oldReads, Back: "The former revision does not know what was added, and misses what is gone.",
			Instead: []string{"Release n: add.", "Release n, after it is live: move the rows.", "Release n+1, once nothing older can come back: take away."},
			Source:  "https://martinfowler.com/bliki/ParallelChange.html",
		},
		{
			ID: "XX005", Engine: both, Level: Warns, Hazard: BreaksNew, Phase: contract,
			Does: "Makes a column NOT NULL that was added without a value, and no migration in between fills it.", New: "The migration fails if a row has NULL there.",
			Instead: []string{"Fill {column} in batches, prove it with a validated check, and then SET NOT NULL."},
			Source:  pgAlter,
		},
		{
			ID: "XX010", Engine: both, Level: Harms, Does: "An allowance without a reason, or for a rule that does not exist: it allows nothing.",
			Instead: []string{"Write it like -- rollout:allow PG040 the table has 200 rows."},
			Source:  "https://github.com/terraform-rollout/terraform-provider-rollout/blob/main/docs/guides/reviews.md",
		},
		{
			ID: "XX011", Engine: both, Level: Warns, Does: "An allowance that allows nothing: no finding of this rule is about the statement.",
			Instead: []string{"Take it out, or put it right before the statement that it is for."},
			Source:  "https://github.com/terraform-rollout/terraform-provider-rollout/blob/main/docs/guides/reviews.md",
		},
	}
}
