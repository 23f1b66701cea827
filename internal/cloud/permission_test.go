package cloud_test

import (
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
)

func TestIAMPolicy(t *testing.T) {
	const on = "arn:{partition}:lambda:{region}:{account}:function:{function}"
	all := []cloud.Permission{
		{Action: "lambda:UpdateAlias", Resource: on, Phase: cloud.AtApply},
		{Action: "lambda:ListEventSourceMappings", Resource: "*", Phase: cloud.AtPlan},
		{Action: "lambda:GetAlias", Resource: on, Phase: cloud.AtPlan},
		{Action: "lambda:GetAlias", Resource: on, Phase: cloud.AtPlan, Where: "twice"},
	}
	fill := map[string]string{"partition": "aws", "region": "eu-west-1", "account": "123456789012", "function": "api"}
	for phase, want := range map[cloud.Phase]string{
		cloud.AtPlan: `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": [
        "lambda:ListEventSourceMappings"
      ],
      "Resource": "*"
    },
    {
      "Effect": "Allow",
      "Action": [
        "lambda:GetAlias"
      ],
      "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:api"
    }
  ]
}
`,
		cloud.AtApply: `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": [
        "lambda:ListEventSourceMappings"
      ],
      "Resource": "*"
    },
    {
      "Effect": "Allow",
      "Action": [
        "lambda:GetAlias",
        "lambda:UpdateAlias"
      ],
      "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:api"
    }
  ]
}
`,
	} {
		got, err := cloud.IAMPolicy(all, phase, fill)
		if err != nil || got != want {
			t.Errorf("%s: %v\n%s", phase, err, got)
		}
	}
	delete(fill, "function")
	if _, err := cloud.IAMPolicy(all, cloud.AtPlan, fill); err == nil || !strings.Contains(err.Error(), "lambda:GetAlias") {
		t.Errorf("a name without a value: %v", err)
	}
}
