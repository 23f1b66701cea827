package iamrole

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var amazon = preflight.OfAmazon(name, "IAM", "role", "aws_iam_role.x.arn").Everywhere()

var (
	msgNoRole = rollout.Message{
		ID:   "iam_role.no_role",
		What: "The role of an iam_role is neither an ARN nor a name",
		Why:  `"{role}" has to be like arn:aws:iam::123456789012:role/api, or like api.`,
		Fix:  "Use aws_iam_role.x.arn.",
	}
	msgNoService = rollout.Message{
		ID:   "iam_role.no_service",
		What: "trusts is not the name of a service",
		Why:  `"{service}" has to be like lambda.amazonaws.com or ecs-tasks.amazonaws.com.`,
		Fix:  "Write it as the trust policy has it. For a Lambda function it is lambda.amazonaws.com, for a task of ECS ecs-tasks.amazonaws.com.",
	}
	msgNoAction = rollout.Message{
		ID:   "iam_role.no_action",
		What: "allows holds something that is not an action",
		Why:  `"{action}" has to be like s3:GetObject, without *: a simulation is of one action.`,
		Fix:  "Write the actions that the revision needs, one by one.",
	}
	msgNoResource = rollout.Message{
		ID:   "iam_role.no_resource",
		What: "resources holds something that is not an ARN",
		Why:  `"{resource}" has to be like arn:aws:s3:::uploads/*, or *.`,
		Fix:  "Write the ARNs of what the revision uses, such as aws_s3_bucket.x.arn with /* behind it for its objects.",
	}
	msgResourcesAlone = rollout.Message{
		ID:   "iam_role.resources_alone",
		What: "resources says of nothing what is allowed",
		Why:  "It belongs to allows, which is not there.",
		Fix:  `Write allows = ["s3:GetObject"] or the like, or take resources out.`,
	}
	msgNoTrust = rollout.Message{
		ID:  "iam_role.no_trust",
		Why: "its trust policy does not let {service} assume it",
		Fix: "Let it: the assume_role_policy of the role needs a statement that allows sts:AssumeRole to the principal Service = {service}. Or name another role.",
	}
	msgTrustDenied = rollout.Message{
		ID:  "iam_role.trust_denied",
		Why: "its trust policy denies that {service} assumes it",
		Fix: "Take that statement out of the assume_role_policy of the role, or name another role.",
	}
	msgTrustUnderCondition = rollout.Message{
		ID:  "iam_role.trust_under_condition",
		Why: "whether {service} may assume it is unknown: the trust policy lets it under a condition, which is not evaluated here",
		Fix: "See that the condition holds for what you deploy: a revision that cannot assume its role does not start.",
	}
	msgTrustUnread = rollout.Message{
		ID:  "iam_role.trust_unread",
		Why: "whether {service} may assume it is unknown: its trust policy cannot be read",
		Fix: "Look at it in IAM. If it is a good policy, report this as a fault of the provider.",
	}
	msgNotAllowed = rollout.Message{
		ID:  "iam_role.not_allowed",
		Why: "its policies do not allow {action} on {resource}: a simulation says {decision}",
		Fix: "Allow it in a policy of the role. If the resource's own policy grants it, which a simulation does not see, take it out of allows.",
	}
	msgSimulationUnknown = rollout.Message{
		ID:  "iam_role.simulation_unknown",
		Why: "whether {action} on {resource} is allowed is unknown: a policy looks at {values}, which a simulation does not know",
		Fix: "See that the condition in the policy holds for the revision, or take the action out of allows.",
	}
	msgUnsimulated = rollout.Message{
		ID:  "iam_role.unsimulated",
		Why: "whether it may do what allows says is unknown: {why}",
		Fix: "{fix}",
	}
)

func messages() []rollout.Message {
	return append([]rollout.Message{
		msgNoRole, msgNoService, msgNoAction, msgNoResource, msgResourcesAlone, msgNoTrust, msgTrustDenied,
		msgTrustUnderCondition, msgTrustUnread, msgNotAllowed, msgSimulationUnknown, msgUnsimulated,
	}, amazon.Messages()...)
}
