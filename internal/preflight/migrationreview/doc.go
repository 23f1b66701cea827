// Package migrationreview is the preflight kind "migration_review": the database
// migrations that are to be applied with a revision break neither the revision
// that serves now nor a way home, and keep nobody waiting.
//
// It reads files on the machine that runs Terraform. Where the address of the
// database stands beside them, it asks that as package databaseschema does: how
// large tables are, which indexes are not valid, and what the migration tool has
// applied. Nobody who answers there makes a review milder than the files allow:
// without an answer about sizes every table counts as a large one, and without one
// about what is applied there is no review. The rules, and what they do not see,
// are those of package review/migration.
package migrationreview
