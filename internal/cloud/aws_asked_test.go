package cloud_test

import (
	"context"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// TestAskedOfAWS: why a requirement could not look.
func TestAskedOfAWS(t *testing.T) {
	words := cloud.AskAWS("aws_secret", "Secrets Manager")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx    context.Context //nolint:containedctx // it is what differs
		answer reply
		region string
		says   string
	}{
		"denied":         {nil, inJSON(400, "AccessDeniedException", "User: arn:u is not authorized to perform: secretsmanager:DescribeSecret"), region, "secretsmanager:DescribeSecret is denied: User: arn:u is not authorized to perform: secretsmanager:DescribeSecret (AccessDeniedException)"},
		"expired":        {nil, inJSON(400, "ExpiredTokenException", "The security token included in the request is expired"), region, "Secrets Manager does not accept the credentials: The security token included in the request is expired (ExpiredTokenException)"},
		"throttled":      {nil, inJSON(400, "ThrottlingException", "Rate exceeded"), region, "Secrets Manager was asked too much, by everybody in the account together"},
		"not well":       {nil, inJSON(500, "InternalServiceError", "no"), region, "Secrets Manager could not be asked: it answered InternalServiceError"},
		"not AWS":        {nil, reply{status: 404, body: "<html>" + secret}, region, "Secrets Manager gave no answer that could be read"},
		"interrupted":    {ended, reply{}, region, "looking at it was interrupted"},
		"without region": {nil, reply{}, "", "There is no AWS region"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newAWS(t)
			f.answer = func(int, arrived) reply { return c.answer }
			ctx := t.Context()
			if c.ctx != nil {
				ctx = c.ctx
			}
			err := describeSecret(ctx, f.with(cloud.AWS{Region: c.region}))
			if err == nil {
				t.Fatal("no error")
			}
			got := words.Skipped(ctx, rollout.Finding{Check: "aws_secret", Object: "s"}, err, "secretsmanager:DescribeSecret")
			if got.Status != rollout.Skipped || got.Why != c.says || got.Fix == "" || strings.Contains(got.Why+got.Fix, "{") {
				t.Errorf("%+v", got)
			}
			if strings.Contains(got.Why, secret) {
				t.Error("it tells the secret")
			}
		})
	}
	for _, m := range words.Messages() {
		if !strings.HasPrefix(m.ID, "aws_secret.") || m.Why == "" || m.Fix == "" {
			t.Errorf("message %+v", m)
		}
	}
}
