// Package iamrole is the preflight kind "iam_role": a role is there, the service
// that runs the revision may assume it, and its policies allow what the revision
// does.
//
// trusts looks at the role's trust policy, which says all of who may assume it:
// a service that it does not name may not. A condition there is not evaluated, so
// that a service which is named under one is a warning, as a permission is that
// cannot be proven.
//
// allows asks IAM to simulate the role's own policies, its boundary and the
// policies of the organization among them. What is not allowed fails. Who may
// not simulate, or whose policies need to know more than what is simulated, gets
// a warning.
//
// # What it cannot do
//
// A simulation knows no policy of a resource. What is granted by the policy of a
// bucket alone is not seen, and belongs to no allows; what such a policy denies
// passes.
//
// # Where the rules come from
//
//   - GetRole, whose policy is escaped as in an address: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
//   - Trust policies: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-trust-policy.html
//   - Principals that are services: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services
//   - Simulation, and what it sees: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
//   - Decisions and values that were missing: https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html
//   - Names: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
package iamrole
