// Package gcpsecret is the preflight kind "gcp_secret": a version of a secret in
// Secret Manager exists and is enabled, so that a revision that refers to it can
// start.
//
// It asks for metadata (secretmanager.versions.get) and never for a payload:
// there is no call to AccessSecretVersion anywhere. "latest" is the newest
// version whatever its state, so a disabled newest one fails although older ones
// are enabled; which number it stands for is told.
//
// # Who may read it
//
// readable_by looks at the secret's own policy (secretmanager.secrets.getIamPolicy)
// for a literal, unconditional binding of a role that reads. That is enough to
// pass, and its absence proves nothing: grants are inherited from the project,
// its folders and the organisation, come by groups and custom roles, or hold
// under a condition, and a deny policy may take any of them away.
// testIamPermissions answers for the caller alone. So the finding is passed or
// skipped, never failed, and marked as one about permissions: it stops nothing.
// Cloud Run's own look at a new revision, at weight 0, is what proves it.
//
// # What it cannot do
//
// Regional secrets (projects/P/locations/L/secrets/S) live at other endpoints and
// are refused.
//
// # Where the rules come from
//
//   - projects.secrets.versions.get, and "latest" as "the most recently created": https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/get
//   - States: https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions#State
//   - Which roles have which permissions: https://cloud.google.com/secret-manager/docs/access-control
//   - A secret's policy and what it does not show: https://cloud.google.com/iam/docs/policies#inheritance
//   - Policy version 3, without which conditions are not shown: https://cloud.google.com/iam/docs/policies#versions
package gcpsecret
