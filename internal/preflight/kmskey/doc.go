// Package kmskey is the preflight kind "kms_key": a key of AWS KMS is there and
// enabled, so that what is encrypted with it can be read.
//
// It asks for the key's description (kms:DescribeKey). There is no call that
// encrypts, decrypts or makes a data key.
//
// # What it cannot do
//
// It does not know who may use the key: its own policy decides that before any
// other.
//
// # Where the rules come from
//
//   - DescribeKey, which takes ids, aliases and ARNs: https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html
//   - States, and what can be done in each: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
//   - Usages: https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html
//   - Permissions, where an alias does not count: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
package kmskey
