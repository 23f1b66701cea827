package migration

// Pages of MySQL and MariaDB.
const (
	myOnline   = "https://dev.mysql.com/doc/refman/8.4/en/innodb-online-ddl-operations.html"
	myKeys     = "https://dev.mysql.com/doc/refman/8.4/en/create-table-foreign-keys.html"
	myCommits  = "https://dev.mysql.com/doc/refman/8.4/en/implicit-commit.html"
	myMetadata = "https://dev.mysql.com/doc/refman/8.4/en/metadata-locking.html"
	myAlter    = "https://dev.mysql.com/doc/refman/8.4/en/alter-table.html"
)

const (
	writesWait = "Its writes wait until the table is copied."
	otherTool  = "gh-ost or pt-online-schema-change, which fill a copy beside the table."
)

func mysqlColumnRules() []Rule {
	return []Rule{
		{
			ID: "MY000", Engine: mysql, Level: Harms, Hazard: BreaksOld | LosesData | StaysBroken, Phase: never, Source: "https://dev.mysql.com/doc/refman/8.4/en/data-type-defaults.html",
			Does: "Adds a column that is NOT NULL and has no default: rows that are there get 0 or an empty text.", Old: "In strict mode each row that it inserts without the column fails.", Back: "The former revision cannot insert.",
			Instead: []string{"Release n: ADD COLUMN {column}, nullable or with a default that stays.", "Release n, live: fill it in batches.", "Release n+1: MODIFY {column} … NOT NULL."},
		},
		{
			ID: "MY001", Engine: mysql, When: "at once since 8.0.12 as the last column and 8.0.29 anywhere, MariaDB 10.3 and 10.4; before, the table is rebuilt", Level: Tells, Phase: expand, Source: myOnline,
			Does:    "Adds a column that may be left out.",
			Instead: []string{"Say ALGORITHM=INSTANT, so that the server refuses whatever takes longer."},
		},
		{
			ID: "MY002", Engine: mysql, Level: Harms, Hazard: Blocks | Rewrites, Phase: never, Source: myOnline,
			Does: "Adds an AUTO_INCREMENT column: the table is rebuilt while nobody can write.", Old: writesWait, Instead: []string{"A new table, filled in batches; or " + otherTool},
		},
		{
			ID: "MY003", Engine: mysql, Level: Harms, Hazard: Blocks | Rewrites, Phase: never, Source: myOnline,
			Does: "Adds a stored generated column, or one whose default is an expression: the table is copied while nobody can write.", Old: writesWait,
			Instead: []string{"ADD COLUMN {column} virtual or without a default.", "Fill it in batches."},
		},
		{
			ID: "MY004", Engine: mysql, When: "unless declared unread for the retention; before 8.0.29 the table is rebuilt", Level: Harms, Hazard: LosesData | BreaksOld | StaysBroken, Phase: contract, Source: myOnline,
			Does: "Drops a column.", Old: oldReads, Back: gone,
			Instead: []string{"Release n: no code names {table}.{column}; also the ORM ignores it.", "After the retention: DROP COLUMN {column}, with unread_since."},
		},
		{
			ID: "MY005", Engine: mysql, Level: Harms, Hazard: BreaksOld | BreaksNew | StaysBroken, Phase: never, Source: myAlter,
			Does: "Renames a column or a table.", Old: oldReads, New: "It fails until the migration is applied.", Back: "The former revision fails.",
			Instead: []string{"Release n: add the new one, write both, fill the old rows.", "Release n+1: read the new one.", "Release n+2: drop the old one."},
		},
		{
			ID: "MY006", Engine: mysql, Level: Harms, Hazard: BreaksOld | StaysBroken, Phase: never, Source: myOnline,
			Does: "Changes the type of a column: the table is copied while nobody can write.", Old: writesWait + " It may not understand the new type.", Back: "It meets values of the new type.",
			Instead: []string{"A new column, written beside {column}, filled in batches, and then read; or " + otherTool},
		},
		{
			ID: "MY007", Engine: mysql, When: "5.7 and later", Level: Tells, Phase: expand, Source: myOnline,
			Does: "Makes a VARCHAR longer within what one byte, or what two bytes, can count.", Old: "It may meet values that are longer than it expects.",
		},
		{
			ID: "MY008", Engine: mysql, Level: Harms, Hazard: StaysBroken, Phase: never, Source: myOnline,
			Does: "Makes a VARCHAR shorter, or longer than 255 bytes: the table is copied while nobody can write.", Old: writesWait, Back: "Values may be cut, or longer than the former revision expects.",
			Instead: []string{otherTool},
		},
	}
}

func mysqlChangedColumnRules() []Rule {
	return []Rule{
		{
			ID: "MY009", Engine: mysql, Level: Tells, Phase: expand, Source: myOnline,
			Does: "Adds values at the end of an ENUM or SET: only the catalogue is changed.", Old: "It meets a value that it does not know, once the next revision writes it.",
		},
		{
			ID: "MY010", Engine: mysql, Level: Harms, Hazard: LosesData | BreaksOld | StaysBroken, Phase: never, Source: myOnline,
			Does: "Changes the order of the values of an ENUM or SET, or takes some away: the table is copied while nobody can write, and values may be lost.", Old: writesWait + " What it writes of the old values fails.", Back: "The former revision cannot write what is gone.",
			Instead: []string{"Add values at the end alone."},
		},
		{
			ID: "MY011", Engine: mysql, When: "in strict mode; otherwise it is copied", Level: Harms, Hazard: BreaksOld | StaysBroken, Phase: contract, Source: myOnline,
			Does: "Makes a column NOT NULL: the table is rebuilt.", Old: "Each row that it writes without a value fails.", Back: "The former revision cannot write without a value.",
			Instead: []string{"Release n: all code writes {column}; fill the old rows.", "Release n+1: this statement, with ALGORITHM=INPLACE, LOCK=NONE."},
		},
		{
			ID: "MY012", Engine: mysql, Level: Warns, Hazard: StaysBroken, Phase: contract, Source: myOnline,
			Does: "Lets a column be NULL: the table is rebuilt.", Old: "It may meet NULL where it expects none.", Back: "Rows with NULL stay.",
			Instead: []string{"Release n: every reader takes NULL.", "Release n+1: this statement, with ALGORITHM=INPLACE, LOCK=NONE."},
		},
		{
			ID: "MY034", Engine: mysql, Level: Harms, Hazard: BreaksOld | StaysBroken, Phase: contract, Source: "https://dev.mysql.com/doc/refman/8.4/en/data-type-defaults.html",
			Does: "Takes the default from a column that may not be NULL.", Old: oldInserts, Back: "The former revision cannot insert.",
			Instead: []string{"Keep the default until nothing that leaves {column} out can come back."},
		},
	}
}

func mysqlTableRules() []Rule {
	return []Rule{
		{
			ID: "MY013", Engine: mysql, Level: Warns, Phase: never, Source: myOnline,
			Does: "Adds a primary key, or puts another in its place: the table is rebuilt; others write meanwhile.", Instead: []string{otherTool},
		},
		{
			ID: "MY014", Engine: mysql, Level: Harms, Hazard: Blocks | Rewrites, Phase: never, Source: myOnline,
			Does: "Drops the primary key: the table is copied while nobody can write.", Old: writesWait,
			Instead: []string{"DROP PRIMARY KEY and ADD PRIMARY KEY in one statement, which lets others write."},
		},
		{
			ID: "MY015", Engine: mysql, Level: Harms, Hazard: BreaksOld, Phase: never, Source: myOnline,
			Does: "Converts a table to another character set: it is copied while nobody can write; TEXT types may become wider.", Old: writesWait + " What it compares and sorts may change.",
			Instead: []string{otherTool},
		},
		{
			ID: "MY016", Engine: mysql, Level: Tells, Phase: expand, Source: myOnline,
			Does: "Sets the character set of columns to come; those that are there stay as they are.", Instead: []string{"Say ALGORITHM=INPLACE, LOCK=NONE."},
		},
		{
			ID: "MY017", Engine: mysql, Level: Harms, Hazard: BreaksOld, Phase: never, Source: myKeys,
			Does: "Adds a foreign key: the table is copied while nobody can write.", Old: writesWait + " Then each row that it writes or deletes against the key fails.",
			Instead: []string{"SET foreign_key_checks = 0 for this statement, after a query that finds no row against the key: what is there is not looked at then.", "Or check in the application."},
		},
		{
			ID: "MY018", Engine: mysql, Level: Tells, Phase: expand, Source: myOnline,
			Does: "Adds an index; others write meanwhile.", Instead: []string{"Say ALGORITHM=INPLACE, LOCK=NONE."},
		},
		{
			ID: "MY019", Engine: mysql, Level: Harms, Hazard: Blocks, Phase: never, Source: myOnline,
			Does: "Adds a FULLTEXT or SPATIAL index while nobody can write; the first FULLTEXT index rebuilds the table.", Old: "Its writes wait until the index is built.", Instead: []string{"When nobody writes; or " + otherTool},
		},
		{
			ID: "MY020", Engine: mysql, Level: Warns, Phase: contract, Source: myOnline,
			Does: "Adds a unique index; others write meanwhile, and it fails on rows that are equal.", Old: "Each row that it writes twice fails.",
			Instead: []string{"Release n: all code writes each once; remove what is double.", "Release n+1: this statement."},
		},
	}
}

func mysqlOtherRules() []Rule {
	return []Rule{
		{
			ID: "MY021", Engine: mysql, When: "8.0.16 and later, MariaDB", Level: Harms, Hazard: BreaksOld, Phase: never, Source: myAlter,
			Does: "Adds a check: the table is copied while nobody can write.", Old: writesWait + " Then each row that it writes against the check fails.",
			Instead: []string{"MySQL: ADD … CHECK … NOT ENFORCED, clean up, and enforce it in a quiet hour; or " + otherTool},
		},
		{
			ID: "MY022", Engine: mysql, Level: Warns, Hazard: Rewrites, Phase: never, Source: myOnline,
			Does: "Rebuilds the table.", Instead: []string{"Say ALGORITHM=INPLACE, LOCK=NONE; or " + otherTool},
		},
		{
			ID: "MY023", Engine: mysql, Level: Harms, Hazard: Blocks | Rewrites, Phase: never, Source: "https://dev.mysql.com/doc/refman/8.4/en/alter-table-partition-operations.html",
			Does: "Divides the table into partitions, or otherwise: its rows are copied while nobody can write.", Old: writesWait, Instead: []string{otherTool},
		},
		{
			ID: "MY031", Engine: mysql, When: "unless declared unread for the retention", Level: Harms, Hazard: LosesData | BreaksOld | StaysBroken, Phase: contract, Source: "https://dev.mysql.com/doc/refman/8.4/en/drop-table.html",
			Does: "Drops a table, a view or a database.", Old: oldReads, Back: gone,
			Instead: []string{"Release n: nothing names {table}.", "After the retention: DROP, with unread_since."},
		},
		{
			ID: "MY032", Engine: mysql, Level: Harms, Hazard: LosesData | Blocks | StaysBroken, Phase: contract, Source: "https://dev.mysql.com/doc/refman/8.4/en/truncate-table.html",
			Does: "Deletes all rows, of a table or of a partition.", Old: "It finds nothing.", Back: "The rows are gone.", Instead: []string{"DELETE in batches what nothing reads any more."},
		},
		{
			ID: "MY035", Engine: mysql, Level: Warns, Phase: contract, Source: myOnline,
			Does: "Drops an index or a constraint.", Old: "Queries that used it read the whole table.", Back: "Rows that it would have refused stay.",
			Instead: []string{"MySQL 8.0: ALTER INDEX … INVISIBLE first, and see that nothing becomes slow."},
		},
		{
			ID: "MY036", Engine: mysql, Level: Warns, Source: "https://dev.mysql.com/doc/refman/8.4/en/stored-objects.html",
			Does: "Makes, replaces or drops code in the database, a view that is there, or permissions; what such code does is not looked at.", Old: "It gets the new one at once.", Back: "The former revision keeps the new one.",
			Instead: []string{"See that both revisions suit it; give what is new another name."},
		},
	}
}

func mysqlSessionRules() []Rule {
	return []Rule{
		{
			ID: "MY024", Engine: mysql, Level: Harms, Hazard: Blocks, Phase: never, Source: myAlter,
			Does: "Asks for a copy, or for a lock.", Old: writesWait, Instead: []string{"Leave the clause out, or say ALGORITHM=INPLACE, LOCK=NONE."},
		},
		{
			ID: "MY025", Engine: mysql, Level: Warns, Source: myAlter,
			Does:    "Does not say ALGORITHM and LOCK: where the server cannot do it as expected, it copies the table without a word.",
			Instead: []string{"Say ALGORITHM=INSTANT, or ALGORITHM=INPLACE, LOCK=NONE: the server then refuses what would take longer."},
		},
		{
			ID: "MY026", Engine: mysql, Level: Warns, Source: myOnline,
			Does: "Several actions in one statement, which all take as long as the worst of them.", Instead: []string{"Those that are done at once in a statement of their own."},
		},
		{
			ID: "MY027", Engine: mysql, Level: Warns, Hazard: BreaksNew, Source: myCommits,
			Does: "Several changes of the schema in one transaction: each of them commits it, so that a migration which fails in the middle stays half applied.", New: "It may meet half of the migration.",
			Instead: []string{"One statement a migration."},
		},
		{
			ID: "MY028", Engine: mysql, When: "no lock_wait_timeout", Level: Warns, Source: myMetadata,
			Does: "Waits for the table's metadata lock, by default up to a day; behind it everybody else waits.", Old: "Its statements on the table wait in the same queue.",
			Instead: []string{"SET lock_wait_timeout = 5 before it, and try again; or lock_timeout here if the tool's session has one."},
		},
		{
			ID: "MY029", Engine: mysql, When: "MySQL before 9.0, MariaDB before 10.5", Level: Harms, Hazard: BreaksNew, Phase: never, Source: myKeys,
			Does: "REFERENCES behind a column, which the server reads and ignores: there will be no foreign key.", New: "It may count on a constraint that is not there.",
			Instead: []string{"ADD CONSTRAINT … FOREIGN KEY on its own."},
		},
		{
			ID: "MY030", Engine: mysql, Level: Harms, Hazard: Blocks | LosesData | BreaksOld | BreaksNew | StaysBroken, Phase: never, Source: myAlter,
			Does: "Something that cannot be reviewed: it may do anything.", Old: "Nobody can tell.", New: "Nobody can tell.", Back: "Nobody can tell.",
			Instead: []string{"Write it as plain statements; or have somebody read it, and write -- rollout:allow MY030 and why before it."},
		},
		{
			ID: "MY033", Engine: mysql, Level: Warns, Hazard: Blocks | Scans, Phase: never, Source: "https://dev.mysql.com/doc/refman/8.4/en/innodb-locks-set.html",
			Does: "Changes rows of a table in one statement.", Old: "It waits for the rows until the transaction ends.", Instead: []string{"After the release, in batches."},
		},
	}
}
