// Package migrationreview is the preflight kind "migration_review": the database
// migrations that are to be applied with a revision break neither the revision
// that serves now nor a way home, and keep nobody waiting.
//
// It reads files on the machine that runs Terraform, and asks nobody. The rules,
// and what they do not see, are those of package review/migration.
package migrationreview
