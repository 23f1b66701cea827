// Package ssmparameter is the preflight kind "ssm_parameter": a parameter is in
// Systems Manager's Parameter Store, and of the type that its reader expects.
//
// It asks for metadata (ssm:DescribeParameters) and never for a value: there is
// no call to GetParameter anywhere, which returns the value of a String to whoever
// may ask for it.
//
// # What it cannot do
//
// A parameter that another account shares is not described by name, so it is not
// found. Who may read and decrypt a SecureString is not known: a requirement
// "iam_role" with allows asks that of a role.
//
// # Where the rules come from
//
//   - DescribeParameters, whose page may hold nothing although there is more: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeParameters.html
//   - Filters, Equals among them: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterStringFilter.html
//   - Names: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
//   - Permissions: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
package ssmparameter
