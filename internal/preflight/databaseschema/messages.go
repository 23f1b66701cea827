package databaseschema

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

// words are the messages of one of the two kinds.
type words struct {
	people string // what people call the servers

	// what is wrong with a block
	address, lacks, beside, noVariable, noVersion, noWord, noTimeout, noCertificate, noEngine, noMigration, noDirectory rollout.Message
	// why nothing could be seen
	interrupted, unset, noURL, unreachable, refused, denied, busy, late, unasked, heads, noGraph rollout.Message
	// what is not as it is wanted
	noDatabase, older, otherEngine, noTable, noColumn, otherType, nullability, noIndex, badIndex rollout.Message
	noLedger, otherLedger, notApplied, dirty                                                     rollout.Message
}

// wordsOf returns the messages of a kind.
func wordsOf(kind, people, form string) words {
	w := words{people: people}
	w.ofBlocks(kind, form)
	w.ofLooks(kind, form)
	w.ofSchemas(kind)
	return w
}

// list lists them.
func (w words) list() []rollout.Message {
	out := []rollout.Message{
		w.address, w.lacks, w.beside, w.noVariable, w.noVersion, w.noWord, w.noTimeout, w.noCertificate, w.noMigration, w.noDirectory,
		w.interrupted, w.unset, w.noURL, w.unreachable, w.refused, w.denied, w.busy, w.late, w.unasked, w.heads, w.noGraph,
		w.noDatabase, w.older, w.noTable, w.noColumn, w.otherType, w.nullability, w.noIndex, w.badIndex,
		w.noLedger, w.otherLedger, w.notApplied, w.dirty,
	}
	if w.noEngine.ID != "" {
		out = append(out, w.noEngine, w.otherEngine)
	}
	return out
}

func (w *words) ofBlocks(kind, form string) {
	w.address = rollout.Message{
		ID: kind + ".address", What: "The database of a " + kind + " has no address, or more than one",
		Why: "It needs exactly one of url_env, url_wo and host.",
		Fix: "Name an environment variable that holds a connection string like " + form + " (url_env), or write host, database and user, and the password as password_env or password_wo.",
	}
	w.lacks = rollout.Message{
		ID: kind + ".incomplete", What: "The address of a " + kind + " is not whole", Why: "Beside host, {attribute} is missing.",
		Fix: "Add {attribute}, or name an environment variable that holds the whole connection string (url_env).",
	}
	w.beside = rollout.Message{
		ID: kind + ".beside", What: "Two attributes of a " + kind + " say the same", Why: "{attribute} stands beside {other}.",
		Fix: "Remove {attribute}.",
	}
	w.noVariable = rollout.Message{
		ID: kind + ".no_variable", What: "{attribute} names no environment variable",
		Why: "What stands there has other characters than letters, digits and underscores. The credential itself never stands in configuration.",
		Fix: "Write the name of the variable, like DATABASE_URL, and set it where Terraform runs.",
	}
	w.noVersion = rollout.Message{
		ID: kind + ".no_version", What: "min_version is not a version", Why: `"{version}" has to be numbers with dots between, like 15 or 10.11.`, Fix: "Correct it.",
	}
	w.noWord = rollout.Message{
		ID: kind + ".no_word", What: "{attribute} is none of its words", Why: `"{value}" has to be one of {words}.`, Fix: "Correct it.",
	}
	w.noTimeout = rollout.Message{
		ID: kind + ".no_timeout", What: "timeout is not a time that it can take", Why: `"{value}" has to be a number with a unit, above 0 and at most 1m.`, Fix: `Write it like "5s".`,
	}
	w.noCertificate = rollout.Message{
		ID: kind + ".no_certificate", What: "ca_certificate holds no certificate", Why: "It has to be one certificate or more in PEM, each between -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----.",
		Fix: "Use what the server's provider publishes, such as google_sql_database_instance.x.server_ca_cert[0].cert or file() of the bundle of Amazon RDS.",
	}
	w.noMigration = rollout.Message{
		ID: kind + ".no_migration", What: "version is not a migration of {tool}", Why: `"{version}" has to be {form}.`, Fix: "Write it as {tool} keeps it in {table}.",
	}
	w.noDirectory = rollout.Message{
		ID: kind + ".no_directory", What: "directory means nothing to {tool}", Why: "Only the files of Alembic say which migration comes before which.", Fix: "Remove it.",
	}
}

func (w *words) ofLooks(kind, form string) {
	w.interrupted = rollout.Message{ID: kind + ".interrupted", Why: "looking at it was interrupted", Fix: "Run Terraform again."}
	w.unset = rollout.Message{
		ID: kind + ".unset", Why: "{attribute} names {variable}, which is empty here",
		Fix: "Set it where Terraform runs. Where a plan may not have it, write at_plan = \"skip\": an apply always looks.",
	}
	w.noURL = rollout.Message{
		ID: kind + ".no_url", Why: "what {where} holds is no address of a " + w.people + " server, or names a file that cannot be read", Fix: "Write it like " + form + ".",
	}
	w.unreachable = rollout.Message{
		ID: kind + ".unreachable", Why: "it could not be asked: {reason}",
		Fix: "See that it runs, that it can be reached from where Terraform runs, and that its certificate is one that this machine or ca_certificate trusts. Where a plan cannot reach it, write at_plan = \"skip\": an apply always looks.",
	}
	w.refused = rollout.Message{
		ID: kind + ".refused", Why: "it does not accept the credentials, or nobody from this machine, or nobody without TLS", Fix: "Correct the user, the password or sslmode, or let the server accept them from here.",
	}
	w.denied = rollout.Message{
		ID: kind + ".denied", Why: "{permission} is denied", Fix: "Grant it to the role that looks, as who owns the database:\n  {grant}",
	}
	w.busy = rollout.Message{ID: kind + ".busy", Why: "it takes no connection now: it has too many, or starts, or ends", Fix: "Run Terraform again when it does."}
	w.late = rollout.Message{
		ID: kind + ".late", Why: "it did not tell in time", Fix: "See whether it is overloaded, or whether somebody holds a lock, such as a migration that runs, and run Terraform again. If it only is slow, raise timeout, which is {limit}.",
	}
	w.unasked = rollout.Message{
		ID: kind + ".unasked", Why: "it answered with an error", Fix: "Its log has the error, which is not shown here because it may quote credentials. Run Terraform again once it is mended.",
	}
	w.heads = rollout.Message{
		ID: kind + ".heads", Why: "its head is {heads}, and the files do not tell whether {version} comes before it",
		Fix: "Give the folder of the revisions, from a checkout that has {heads}: directory = \"${path.module}/migrations/versions\".",
	}
	w.noGraph = rollout.Message{
		ID: kind + ".no_graph", Why: "the revisions in {directory} cannot be read: {why}",
		Fix: "Correct directory, or the file: revision and down_revision have to be written out there, as Alembic writes them.",
	}
}

func (w *words) ofSchemas(kind string) {
	w.noDatabase = rollout.Message{ID: kind + ".no_database", Why: "there is no such database", Fix: "Create it, or correct the address."}
	w.older = rollout.Message{ID: kind + ".older", Why: "it is {found}, older than {version}", Fix: "Upgrade the server first, or correct min_version."}
	w.noTable = rollout.Message{ID: kind + ".no_table", Why: "it has no table {table}", Fix: "Run the migration that creates it, or correct the name or its schema."}
	w.noColumn = rollout.Message{ID: kind + ".no_column", Why: "{table} has no column {column}", Fix: "Run the migration that adds it, or correct the name."}
	w.otherType = rollout.Message{
		ID: kind + ".other_type", Why: "{column} is {found}, not {type}", Fix: "Run the migration that changes it, or correct type.",
	}
	w.nullability = rollout.Message{
		ID: kind + ".nullability", Why: "{column} is {found}, not {wanted}", Fix: "Run the migration that changes it, or correct nullable.",
	}
	w.noIndex = rollout.Message{ID: kind + ".no_index", Why: "{table} has no index {index}", Fix: "Run the migration that creates it, or correct the name."}
	w.badIndex = rollout.Message{
		ID: kind + ".bad_index", Why: "the index {index} of {table} {fault}", Fix: "Mend it (ALTER INDEX or ALTER TABLE), or drop it and create it again, before what relies on it is rolled out.",
	}
	w.noLedger = rollout.Message{
		ID: kind + ".no_ledger", Why: "it has no table {table}, in which {tool} keeps what was applied", Fix: "Run the migrations, or correct tool, table or schema in migrations.",
	}
	w.otherLedger = rollout.Message{
		ID: kind + ".other_ledger", Why: "{table} is not the table of {tool}: {lacks}", Fix: "Correct tool or table in migrations.",
	}
	w.notApplied = rollout.Message{
		ID: kind + ".not_applied", Why: "the migration {version} is not applied; the latest that {tool} has is {latest}", Fix: "Run the migrations before this revision is rolled out, or correct version.",
	}
	w.dirty = rollout.Message{
		ID: kind + ".dirty", Why: "{tool} has not finished: {what}", Fix: "If a migration runs just now, wait until it has ended (within = \"5m\" does). If it broke, mend the schema and the mark as {tool} asks for, and run the migrations again.",
	}
	if kind != kindMySQL {
		return
	}
	w.noEngine = rollout.Message{
		ID: kind + ".no_engine", What: "min_version does not say of what", Why: "MySQL and MariaDB count their versions apart: MariaDB 10.11 is not newer than MySQL 8.4.",
		Fix: "Add engine = \"mysql\" or engine = \"mariadb\".",
	}
	w.otherEngine = rollout.Message{ID: kind + ".other_engine", Why: "it is {found} {version}, not {engine}", Fix: "Correct the address, or engine."}
}
