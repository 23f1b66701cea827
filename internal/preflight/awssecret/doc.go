// Package awssecret is the preflight kind "aws_secret": a secret in Secrets
// Manager is there and has a value at the stage that is read, so that what reads
// it can start.
//
// It asks for metadata (secretsmanager:DescribeSecret) and never for a value:
// there is no call to GetSecretValue anywhere. The stage stands for a version,
// whose id is told. A secret that is scheduled for deletion is still described,
// with the date, and its value can no longer be read: that fails.
//
// # What it cannot do
//
// It does not know who may read the value: a requirement "iam_role" with allows
// asks that of a role, and the secret's own policy and that of its key may still
// refuse.
//
// # Where the rules come from
//
//   - DescribeSecret, DeletedDate, VersionIdsToStages: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html
//   - A secret that is scheduled for deletion cannot be read: https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html
//   - Stages: https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version
//   - Names: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html#SecretsManager-CreateSecret-request-Name
//   - Permissions: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
package awssecret
