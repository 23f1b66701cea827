// Package migration reviews database migrations that are still to be applied: for
// each statement it says what it does to the revision that serves now, to the one
// that is to serve, and to a way home; which lock it takes, and what that lasts
// for; and in which releases the same is done without harm.
//
//	files ── source ──► migrations ── scan ──► statements ── parse ──► effect ──► findings
//	                        │                                  │
//	                   in order, up part alone            state: what the
//	                                                      files before it made
//
// It reads files and nothing else. Migrations that are applied already are read
// too, without a word, because they say what is there: the type of a column, a
// constraint that is validated, the table of an index.
//
// A Rule is what is known of one sort of statement; rules lists all of them. A
// statement that cannot be read, a block of procedural code and a function that
// nobody knows are findings, never a pass.
//
// # Where the rules come from
//
// Each rule names the vendor's page. What it claims of PostgreSQL was run on
// PostgreSQL 15, and of MariaDB on 10.11: live_test.go runs it again wherever
// such a server is installed. What is said of MySQL is its manual's.
//
// # What it cannot do
//
// It does not know how busy a table is, whether the code that serves reads a
// column, or what a function does. internal/docs/templates/guides/reviews.md
// lists for users what is missed on purpose.
package migration
