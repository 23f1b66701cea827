// Package gcpserviceaccount is the preflight kind "gcp_service_account": a
// service account exists and is not disabled, so that a revision can run as it.
//
// It needs iam.serviceAccounts.get, which roles/iam.serviceAccountViewer has. The
// account is asked for in the project that its email names, and only where that
// names none by the wildcard "-": with the wildcard, IAM answers 403 for accounts
// that do not exist.
//
// # What it cannot do
//
// It cannot say whether somebody may act as the account, nor what the account may
// do. An account that was made a moment ago may be missing for a minute: a
// failure is worth another try.
//
// # Where the rules come from
//
//   - projects.serviceAccounts.get, the wildcard and its 403: https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts/get
//   - Emails of accounts, and the project in them: https://cloud.google.com/iam/docs/service-account-types
//   - Changes take time to arrive: https://cloud.google.com/iam/docs/access-change-propagation
package gcpserviceaccount
