package cloud

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// GroupShare is a target group that a load balancer forwards to. Weights count in
// proportion to their sum.
type GroupShare struct {
	ARN    string
	Weight int
}

// GroupShares are the groups of the action that forwards, of which there is one at
// most (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Action.html).
// A group without a weight has the weight 1
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupTuple.html).
func GroupShares(actions []types.Action) []GroupShare {
	var out []GroupShare
	for _, a := range actions {
		if a.Type != types.ActionTypeEnumForward {
			continue
		}
		if a.ForwardConfig != nil {
			for _, g := range a.ForwardConfig.TargetGroups {
				s := GroupShare{ARN: aws.ToString(g.TargetGroupArn), Weight: 1}
				if g.Weight != nil {
					s.Weight = int(*g.Weight)
				}
				out = append(out, s)
			}
		}
		if arn := aws.ToString(a.TargetGroupArn); len(out) == 0 && arn != "" {
			out = append(out, GroupShare{ARN: arn, Weight: 1})
		}
	}
	return out
}
