package cloud

// Permission is one action of an AWS API that a kind asks for, as an IAM policy
// names it.
type Permission struct {
	// Action is that of a policy: "lambda:UpdateAlias".
	Action string
	// Resource is an ARN in which {name} stands for what the user puts there:
	// "arn:{partition}:lambda:{region}:{account}:function:{function}"; "*" where
	// the action knows no resource.
	Resource string
	// Phase says when it is needed.
	Phase Phase
}

// Phase is when a permission is needed.
type Phase string

// The phases. Whatever a plan reads, an apply reads too.
const (
	AtPlan  Phase = "plan"
	AtApply Phase = "apply"
)
