package lambdaalias

import (
	"strconv"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

func revisionOf(n int) rollout.Revision { return rollout.Revision(strconv.Itoa(n)) }

func TestParseAlias(t *testing.T) {
	for arn, want := range map[string]bool{
		"arn:aws:lambda:eu-west-1:123456789012:function:api:live":           true,
		"arn:aws-cn:lambda:cn-north-1:123456789012:function:api:live-2":     true,
		"arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:a_b:1st": true,
		"arn:aws:lambda:eu-west-1:123456789012:function:api:41":             false, // a version
		"arn:aws:lambda:eu-west-1:123456789012:function:api:$LATEST":        false,
		"arn:aws:lambda:eu-west-1:123456789012:function:api":                false,
		"arn:aws:lambda:eu-west-1:123456789012:function:api:":               false,
		"arn:aws:lambda:eu-west-1:123456789012:layer:api:live":              false,
		"arn:aws:lambda:eu-west-1:1234:function:api:live":                   false,
		"arn:aws:lambda:eu-west-1:123456789012:function:api:live:more":      false,
		"api:live": false,
		"":         false,
	} {
		p, err := parseAlias(arn)
		if (err == nil) != want {
			t.Errorf("%q: %v", arn, err)
		}
		if err == nil && p.String() != arn {
			t.Errorf("%q is written as %q", arn, p)
		}
	}
}
