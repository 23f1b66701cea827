package migration

func postgresColumnRules() []Rule {
	return []Rule{
		{
			ID: "PG001", Engine: postgres, Level: Tells, Phase: expand, Source: pgAlter,
			Does: "Adds a column that may be NULL: only the catalogue is changed.",
		},
		{
			ID: "PG002", Engine: postgres, Level: Harms, Hazard: BreaksOld | BreaksNew | StaysBroken, Phase: never, Source: pgAlter,
			Does: "Adds a column that is NOT NULL and has no default: it fails unless the table is empty.",
			Old:  oldInserts, New: "The migration fails on a table with rows.", Back: "The former revision cannot insert.",
			Instead: []string{"Release n: ADD COLUMN {column}, nullable or with a constant default.", "Release n, live: fill it in batches.", "Release n+1: CHECK ({column} IS NOT NULL) NOT VALID, VALIDATE, SET NOT NULL."},
		},
		{
			ID: "PG003", Engine: postgres, When: "before 11 the table is rewritten", Level: Tells, Phase: expand, Source: pgAlter,
			Does: "Adds a column with a default that is the same for all rows: since PostgreSQL 11 only the catalogue is changed.",
		},
		{
			ID: "PG004", Engine: postgres, Level: Harms, Hazard: Blocks | Rewrites, Phase: never, Source: pgAlter + "#SQL-ALTERTABLE-NOTES",
			Does: "Adds a column whose default has to be worked out for each row: the table is rewritten while nobody can read it.", Old: waitsLong,
			Instead: []string{"ADD COLUMN {column} without a default.", "ALTER COLUMN {column} SET DEFAULT …, for rows to come.", "Fill the old rows in batches."},
		},
		{
			ID: "PG005", Engine: postgres, Level: Harms, Hazard: Blocks | Rewrites, Phase: never, Source: pgAlter + "#SQL-ALTERTABLE-NOTES",
			Does: "Adds a serial, identity or stored generated column: the table is rewritten while nobody can read it.", Old: waitsLong,
			Instead: []string{"ADD COLUMN {column}, nullable.", "Let a trigger or the code fill it.", "Fill the old rows in batches."},
		},
		{
			ID: "PG006", Engine: postgres, Level: Warns, Phase: expand, Source: "https://www.postgresql.org/docs/current/datatype-json.html",
			Does:    "Adds a column of type json, which cannot be compared.",
			Old:     "SELECT DISTINCT and UNION over all columns fail.",
			Instead: []string{"Make {column} jsonb."},
		},
		{
			ID: "PG007", Engine: postgres, Level: Harms, Hazard: Blocks | Scans, Phase: never, Source: pgAlter,
			Does: "Adds a column with a constraint beside it: the table is read, or an index built, while nobody can read it.", Old: waitsLong,
			Instead: []string{"ADD COLUMN {column} alone.", "The constraint on its own: CHECK or REFERENCES … NOT VALID and then VALIDATE; UNIQUE by CREATE UNIQUE INDEX CONCURRENTLY and ADD CONSTRAINT … USING INDEX."},
		},
		{
			ID: "PG010", Engine: postgres, Level: Harms, Hazard: LosesData | BreaksOld | StaysBroken, Phase: contract, When: "unless declared unread for the retention", Source: pgAlter,
			Does: "Drops a column.", Old: oldReads, Back: gone,
			Instead: []string{"Release n: no code names {table}.{column}; also the ORM ignores it.", "After the retention: DROP COLUMN {column}, with unread_since."},
		},
		{
			ID: "PG013", Engine: postgres, Level: Harms, Hazard: BreaksOld | BreaksNew | StaysBroken, Phase: never, Source: pgAlter,
			Does: "Renames what is in use, or moves it to another schema.", Old: oldReads, New: "It fails until the migration is applied.", Back: "The former revision fails.",
			Instead: []string{"Release n: add the new one, write both, fill the old rows.", "Release n+1: read the new one.", "Release n+2: drop the old one. For a table: a view under the old name."},
		},
	}
}

func postgresChangedColumnRules() []Rule {
	return []Rule{
		{
			ID: "PG016", Engine: postgres, Level: Harms, Hazard: Blocks | Rewrites | BreaksOld | StaysBroken, Phase: never, Source: pgAlter + "#SQL-ALTERTABLE-NOTES",
			Does: "Changes a type in a way that rewrites or reads the table while nobody can read it.",
			Old:  "Its statements wait, its prepared ones fail (cached plan must not change result type), and it may not understand the new type.", Back: "It meets values of the new type.",
			Instead: []string{"Release n: a new column, written beside {column}; fill the old rows in batches.", "Release n+1: read the new one.", "Release n+2: drop {column}."},
		},
		{
			ID: "PG017", Engine: postgres, Level: Tells, Phase: expand, Source: pgAlter + "#SQL-ALTERTABLE-NOTES",
			Does: "Changes a type to one that holds the same bytes: only the catalogue is changed.",
			Old:  "It may meet values that are longer than it expects.",
		},
		{
			ID: "PG018", Engine: postgres, When: "since 12 a validated check spares the scan", Level: Harms, Hazard: Blocks | Scans | BreaksOld | StaysBroken, Phase: contract, Source: pgAlter,
			Does: "Makes a column NOT NULL: all rows are read while nobody can read the table.", Old: "Each row that it writes without a value fails.", Back: "The former revision cannot write without a value.",
			Instead: []string{"ADD CONSTRAINT … CHECK ({column} IS NOT NULL) NOT VALID.", "In another transaction: VALIDATE CONSTRAINT.", "ALTER COLUMN {column} SET NOT NULL, and drop the check."},
		},
		{
			ID: "PG019", Engine: postgres, Level: Warns, Hazard: StaysBroken, Phase: contract, Source: pgAlter,
			Does: "Lets a column be NULL.", Old: "It may meet NULL where it expects none, once the next revision writes it.", Back: "Rows with NULL stay, and the former revision may choke on them.",
			Instead: []string{"Release n: every reader takes NULL.", "Release n+1: DROP NOT NULL."},
		},
		{
			ID: "PG020", Engine: postgres, Level: Harms, Hazard: BreaksOld | StaysBroken, Phase: contract, Source: pgAlter,
			Does: "Takes the default from a column that may not be NULL.", Old: oldInserts, Back: "The former revision cannot insert.",
			Instead: []string{"Keep the default until nothing that leaves {column} out can come back."},
		},
		{
			ID: "PG021", Engine: postgres, Level: Tells, Phase: expand, Source: pgAlter,
			Does: "Sets a default for rows to come.", Old: "Rows that it inserts without the column get another value.",
		},
	}
}

func postgresConstraintRules() []Rule {
	const validate = "In another transaction: VALIDATE CONSTRAINT, which lets others write."
	return []Rule{
		{
			ID: "PG030", Engine: postgres, Level: Harms, Hazard: Blocks | Scans | BreaksOld, Phase: never, Source: pgAlter,
			Does: "Adds a check and reads all rows while nobody can read the table.", Old: "It waits; then each row that it writes against the check fails.",
			Instead: []string{"ADD CONSTRAINT … CHECK (…) NOT VALID.", validate},
		},
		{
			ID: "PG031", Engine: postgres, Level: Harms, Hazard: Blocks | Scans | BreaksOld, Phase: never, Source: pgAlter,
			Does: "Adds a foreign key and reads all rows while nobody can write to either table.", Old: "It waits; then each row that it writes or deletes against the key fails.",
			Instead: []string{"ADD CONSTRAINT … FOREIGN KEY … NOT VALID.", validate},
		},
		{
			ID: "PG032", Engine: postgres, Level: Harms, Hazard: Blocks | Scans | BreaksOld, Phase: never, Source: pgAlter,
			Does: "Adds a unique, primary or exclusion constraint and builds its index while nobody can read the table.", Old: "It waits; then each row that it writes twice fails.",
			Instead: []string{"CREATE UNIQUE INDEX CONCURRENTLY, outside of a transaction.", "ADD CONSTRAINT … UNIQUE USING INDEX. (An exclusion constraint has no such way.)"},
		},
		{
			ID: "PG033", Engine: postgres, Level: Harms, Hazard: Blocks | Scans, Phase: never, Source: pgAlter,
			Does: "Validates a constraint in a transaction that holds a stronger lock: all rows are read meanwhile.", Old: waitsLong,
			Instead: []string{"VALIDATE CONSTRAINT in a migration of its own."},
		},
		{
			ID: "PG034", Engine: postgres, Level: Warns, Hazard: 0, Phase: contract, Source: pgAlter,
			Does: "Drops a constraint; that of a foreign key also locks the table that it refers to against everybody.",
			Back: "Rows that it would have refused stay.", Instead: []string{"SET lock_timeout, and try again when the table that it refers to is quiet."},
		},
		{
			ID: "PG035", Engine: postgres, Level: Harms, Hazard: Blocks | Scans, Phase: never, Source: "https://www.postgresql.org/docs/current/sql-alterdomain.html",
			Does: "A domain with a constraint: changing it reads every table that uses it, and a new column of it rewrites its table.", Old: waitsLong,
			Instead: []string{"Put the constraint on the columns, NOT VALID, and validate it."},
		},
	}
}

func postgresObjectRules() []Rule {
	return []Rule{
		{
			ID: "PG011", Engine: postgres, Level: Harms, Hazard: LosesData | BreaksOld | StaysBroken, Phase: contract, When: "unless declared unread for the retention", Source: "https://www.postgresql.org/docs/current/sql-droptable.html",
			Does: "Drops a table or something else that code may use.", Old: oldReads, Back: gone,
			Instead: []string{"Release n: nothing names {table}.", "REVOKE on it, and see that nothing fails. (Renaming it first is no safer.)", "After the retention: DROP, with unread_since."},
		},
		{
			ID: "PG012", Engine: postgres, Level: Harms, Hazard: LosesData | Blocks | StaysBroken, Phase: contract, Source: "https://www.postgresql.org/docs/current/sql-truncate.html",
			Does: "Deletes all rows.", Old: "It waits, and then finds nothing.", Back: "The rows are gone.",
			Instead: []string{"DELETE in batches what nothing reads any more."},
		},
		{
			ID: "PG014", Engine: postgres, Level: Harms, Hazard: BreaksOld | BreaksNew | StaysBroken, Phase: never, Source: pgType,
			Does: "Renames a value of an enumeration.", Old: "It writes and compares the old one, which fails.", New: "It fails until the migration is applied.", Back: "The former revision fails.",
			Instead: []string{"Release n: ADD VALUE; both are read.", "Release n+1: write the new one, and move the rows. The old one stays."},
		},
		{
			ID: "PG015", Engine: postgres, When: "before 12 not within a transaction", Level: Warns, Hazard: StaysBroken, Phase: expand, Source: pgType,
			Does: "Adds a value to an enumeration, which nothing takes away again.", Old: "It meets a value that it does not know, once the next revision writes it.", Back: "Rows with the new value stay.",
			Instead: []string{"Release n: every reader takes a value that it does not know.", "Release n+1: write it."},
		},
		{
			ID: "PG040", Engine: postgres, Level: Harms, Hazard: Blocks | Scans, Phase: never, When: "unless the table is new", Source: pgIndex,
			Does: "Builds an index while nobody can write to the table.", Old: "Its writes wait until the index is built.",
			Instead: []string{"CREATE INDEX CONCURRENTLY, in a migration of its own that runs outside of a transaction."},
		},
		{
			ID: "PG041", Engine: postgres, Level: Harms, Hazard: BreaksNew, Phase: never, Source: pgIndex,
			Does: "A statement that the server refuses within a transaction.", New: "The migration fails.",
			Instead: []string{"Put it into a migration of its own, and tell the tool to run it outside of a transaction (-- +goose NO TRANSACTION, -- atlas:txmode none, disable_ddl_transaction!, transaction:false, atomic = False)."},
		},
		{
			ID: "PG042", Engine: postgres, Level: Harms, Hazard: Blocks, Phase: contract, Source: "https://www.postgresql.org/docs/current/sql-dropindex.html",
			Does: "Drops an index, for which it waits until nobody uses the table, and keeps everybody else waiting behind it.", Old: "Its statements wait, and then those that used the index read the whole table.",
			Instead: []string{"See in pg_stat_user_indexes that nothing uses it.", "DROP INDEX CONCURRENTLY, outside of a transaction."},
		},
		{
			ID: "PG043", Engine: postgres, Level: Harms, Hazard: Blocks | Rewrites, Phase: never, Source: pgLocks,
			Does: "REINDEX, CLUSTER, VACUUM FULL or REFRESH MATERIALIZED VIEW: rebuilds while others wait.", Old: waitsLong,
			Instead: []string{"REINDEX … CONCURRENTLY, REFRESH MATERIALIZED VIEW CONCURRENTLY; in the place of CLUSTER and VACUUM FULL pg_repack."},
		},
		{
			ID: "PG044", Engine: postgres, Level: Warns, Hazard: BreaksNew, Source: pgIndex,
			Does:    "An index that is not valid, or may be: a concurrent build that failed leaves one. Every write keeps it up to date, no query uses it, and the next build of its name fails, or does nothing (IF NOT EXISTS).",
			New:     "It may run without the index.",
			Instead: []string{"DROP INDEX CONCURRENTLY, and build it without IF NOT EXISTS; or REINDEX INDEX CONCURRENTLY.", "Name the database here, or require with postgres_schema that the index is valid."},
		},
		{
			ID: "PG045", Engine: postgres, When: "14.0 to 14.3", Level: Harms, Hazard: BreaksNew, Phase: never, Source: "https://www.postgresql.org/docs/release/14.4/",
			Does: "Builds an index concurrently on a version that may leave rows out of it.", New: "Queries may miss rows.",
			Instead: []string{"Upgrade to 14.4 or later first."},
		},
	}
}

func postgresOtherRules() []Rule {
	return []Rule{
		{
			ID: "PG050", Engine: postgres, When: "CONCURRENTLY since 14", Level: Harms, Hazard: Blocks | Scans, Phase: never, Source: pgPartitions,
			Does: "Attaches a partition whose rows have to be read, or detaches one, while others wait.", Old: waitsLong,
			Instead: []string{"To attach: ADD CONSTRAINT … CHECK with the partition's bounds NOT VALID, VALIDATE, ATTACH, drop the check.", "To detach: DETACH PARTITION … CONCURRENTLY, outside of a transaction."},
		},
		{
			ID: "PG051", Engine: postgres, Level: Harms, Hazard: Blocks | Rewrites, Phase: never, Source: pgAlter,
			Does: "Writes the whole table to another place while nobody can read it.", Old: waitsLong,
			Instead: []string{"A new table, filled in batches and by a trigger, that takes the place of {table}."},
		},
		{
			ID: "PG052", Engine: postgres, Level: Warns, Hazard: 0, Source: pgLocks,
			Does: "Changes what the table does with statements: a trigger, a rule, a policy.", Old: "Its statements do something else, or are refused, from that moment.",
			Instead: []string{"See that both revisions suit it, and set lock_timeout."},
		},
		{
			ID: "PG064", Engine: postgres, Level: Warns, Hazard: 0, Source: "https://www.postgresql.org/docs/current/sql-createfunction.html",
			Does: "Replaces or changes a function, a view, a type or a sequence that may be in use.", Old: "It gets the new one at once.", Back: "The former revision keeps the new one.",
			Instead: []string{"Give the new one another name, and drop the old one in a later release."},
		},
		{
			ID: "PG065", Engine: postgres, Level: Warns, Hazard: 0, Source: "https://www.postgresql.org/docs/current/sql-revoke.html",
			Does: "Takes permissions, an owner or something beside tables away, or changes the settings of a role, of the database or of replication.", Old: "If it needs what was, it fails.",
			Instead: []string{"See that neither revision needs it."},
		},
	}
}

func postgresValueRules() []Rule {
	return []Rule{
		{
			ID: "PG066", Engine: postgres, Level: Harms, Hazard: BreaksOld | StaysBroken, Phase: contract, Source: pgAlter,
			Does: "Changes how a column gets its values, or when a constraint is held against them.", Old: "What it writes as before is refused, or has no value.", Back: "The former revision cannot write.",
			Instead: []string{"Release n: all code writes {column} itself.", "Release n+1, once nothing older can come back: this statement."},
		},
	}
}

func postgresSessionRules() []Rule {
	return []Rule{
		{
			ID: "PG053", Engine: postgres, Level: Harms, Hazard: Blocks, Phase: never, Source: pgLocks,
			Does: "Locks a table until the transaction ends.", Old: waitsLong, Instead: []string{"Leave it out."},
		},
		{
			ID: "PG060", Engine: postgres, When: "no lock_timeout", Level: Warns, Hazard: 0, Source: pgTimeouts,
			Does: "Waits for a strong lock without a limit: behind it everybody else waits, for as long as the longest query of anybody takes.", Old: "Its statements on the table wait in the same queue.",
			Instead: []string{"SET lock_timeout = '1s' before it, and try again; or lock_timeout here if the tool's session has one."},
		},
		{
			ID: "PG061", Engine: postgres, Level: Harms, Hazard: Blocks, Phase: never, Source: pgLocks,
			Does: "Comes after a strong lock in the same transaction, and so keeps it for as long as it takes itself.", Old: waitsLong,
			Instead: []string{"One change of the schema a transaction."},
		},
		{
			ID: "PG062", Engine: postgres, Level: Harms, Hazard: Blocks | Scans, Phase: never, Source: "https://www.postgresql.org/docs/current/transaction-iso.html",
			Does: "Changes rows of a table in one statement.", Old: "It waits for the rows until the transaction ends.",
			Instead: []string{"After the release: in batches, each in a transaction of its own, beside no change of the schema."},
		},
		{
			ID: "PG063", Engine: postgres, Level: Harms, Hazard: Blocks | LosesData | BreaksOld | BreaksNew | StaysBroken, Phase: never, Source: "https://www.postgresql.org/docs/current/sql-do.html",
			Does: "Something that cannot be reviewed: it may do anything.", Old: "Nobody can tell.", New: "Nobody can tell.", Back: "Nobody can tell.",
			Instead: []string{"Write it as plain statements; or have somebody read it, and write -- rollout:allow PG063 and why before it."},
		},
	}
}
