// Package cloudsqlinstance is the preflight kind "cloud_sql_instance": an
// instance of Cloud SQL runs, has the version that the revision was written for,
// and is not about to go down for maintenance while the rollout goes on.
//
// It reads the instance and its latest operations (both cloudsql.instances.get).
// RUNNABLE is what an instance is called that runs or that its owner stopped, so
// the activation policy is looked at as well.
//
// # Maintenance
//
// Cloud SQL says when the next maintenance is scheduled; then the instance is
// away for some minutes. The check fails where that time lies before the end of
// the rollout. The rollout's length is what its bakes, its watch and the waiting
// of its gates add up to, and the time in which the platform settles; the
// provider hands begin and end in (rollout.Foresighted). no_maintenance_within
// counts from the same beginning in its place. Where there is no rollout, as in a
// barrier, it counts from the look, and an hour is looked ahead.
//
// # What it cannot do
//
// It opens no connection, so it says nothing of passwords, networks or what is in
// the database. A maintenance that is scheduled later, or one that Cloud SQL does
// not announce, is not seen.
//
// # Where the rules come from
//
//   - instances.get, states, activation policies, scheduledMaintenance: https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/instances
//   - operations.list, newest first, and what is done to an instance: https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/operations
//   - Versions: https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/SqlDatabaseVersion
//   - Permissions: https://cloud.google.com/sql/docs/postgres/iam-permissions
//   - What maintenance does: https://cloud.google.com/sql/docs/postgres/maintenance
package cloudsqlinstance
