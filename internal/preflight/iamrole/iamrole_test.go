package iamrole

import (
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

type values = preflighttest.Values

func TestMain(m *testing.M) { os.Exit(awstest.Main(m)) }

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return start(t) })
}

func TestPermissions(t *testing.T) { preflighttest.Permissions(t, Kind(), start) }

const (
	lambda    = "lambda.amazonaws.com"
	trusts    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["ecs-tasks.amazonaws.com","lambda.amazonaws.com"]}}]}`
	uploads   = "arn:aws:s3:::uploads/*"
	exists    = "passed: it exists"
	mayAssume = "passed: lambda.amazonaws.com may assume it"
)

// start is an account with a role that Lambda may assume and that reads objects.
func start(t *testing.T) *preflighttest.OnAWS {
	w := preflighttest.NewOnAWS(t, Kind())
	w.Query("iam", version, "CreateRole", nil, "RoleName", "api", "AssumeRolePolicyDocument", trusts)
	policy(w, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::uploads/*"},{"Effect":"Deny","Action":"s3:PutObject","Resource":"*"}]}`)
	w.Fill["role"] = "api"
	w.Block = values{"role": "api", "trusts": lambda, "allows": []any{"s3:GetObject"}, "resources": []any{uploads}}
	w.Gone = func() { w.Block["role"], w.Fill["role"] = "none", "none" }
	return w
}

func policy(w *preflighttest.OnAWS, text string) {
	w.Query("iam", version, "PutRolePolicy", nil, "RoleName", "api", "PolicyName", "p", "PolicyDocument", text)
}

func TestRole(t *testing.T) {
	w := start(t)
	w.Fill["role"] = "*"
	own := "arn:aws:iam::" + w.Account() + ":role/api"
	for given, why := range map[string]string{
		"api":                                exists,
		own:                                  exists,
		"none":                               "failed, may pass: there is no such role",
		"arn:aws:iam::111122223333:role/api": "failed, may pass: there is no such role in the account of the credentials, which has " + own,
		"arn:aws:iam::" + w.Account() + ":role/team/api": "failed, may pass: there is no such role in the account of the credentials, which has " + own,
	} {
		w.Block = values{"role": given}
		preflighttest.Expect(t, w.Run(), why)
	}
}

func TestTrust(t *testing.T) {
	statement := func(effect, action, principal, more string) string {
		return `{"Effect":"` + effect + `","Action":` + action + `,"Principal":` + principal + more + `}`
	}
	const (
		assume    = `"sts:AssumeRole"`
		toLambda  = `{"Service":"lambda.amazonaws.com"}`
		condition = `,"Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}`
		none      = "failed, may pass: its trust policy does not let lambda.amazonaws.com assume it"
		refused   = "failed: its trust policy denies that lambda.amazonaws.com assumes it"
		unknown   = "skipped: whether lambda.amazonaws.com may assume it is unknown: the trust policy lets it under a condition, which is not evaluated here"
	)
	for name, c := range map[string]struct{ statements, why string }{
		"one statement":         {statement("Allow", assume, toLambda, ""), mayAssume},
		"a list":                {`[` + statement("Allow", `["sts:TagSession","STS:assumerole"]`, `{"Service":["lambda.amazonaws.com"]}`, "") + `]`, mayAssume},
		"every action of STS":   {statement("Allow", `"sts:*"`, toLambda, ""), mayAssume},
		"another service":       {statement("Allow", assume, `{"Service":"ec2.amazonaws.com"}`, ""), none},
		"everybody":             {statement("Allow", assume, `"*"`, ""), none},
		"an account":            {statement("Allow", assume, `{"AWS":"arn:aws:iam::123456789012:root"}`, ""), none},
		"another action":        {statement("Allow", `"sts:AssumeRoleWithSAML"`, toLambda, ""), none},
		"under a condition":     {statement("Allow", assume, toLambda, condition), unknown},
		"with one and without":  {`[` + statement("Allow", assume, toLambda, condition) + `,` + statement("Allow", assume, toLambda, "") + `]`, mayAssume},
		"denied":                {`[` + statement("Allow", assume, toLambda, "") + `,` + statement("Deny", assume, toLambda, "") + `]`, refused},
		"denied on a condition": {`[` + statement("Deny", assume, toLambda, condition) + `,` + statement("Allow", assume, toLambda, "") + `]`, unknown},
	} {
		t.Run(name, func(t *testing.T) {
			got := check{service: lambda}.trusts(rollout.Finding{}, role{Trust: url.PathEscape(`{"Version":"2012-10-17","Statement":` + c.statements + `}`)})
			preflighttest.Expect(t, []rollout.Finding{got}, c.why)
			if got.Stops() != (c.why == none || c.why == refused) {
				t.Errorf("stops: %+v", got)
			}
		})
	}
}

func TestTrustThatIsNone(t *testing.T) {
	for _, text := range []string{"", "%7B%7D", "%zz", "no policy"} {
		got := check{service: lambda}.trusts(rollout.Finding{}, role{Trust: text})
		if got.Stops() || got.Why != "whether lambda.amazonaws.com may assume it is unknown: its trust policy cannot be read" {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestAllows(t *testing.T) {
	w := start(t)
	w.Block = values{"role": "api", "allows": []any{"s3:GetObject", "s3:PutObject", "s3:DeleteObject"}, "resources": []any{uploads, "arn:aws:s3:::other/*"}}
	preflighttest.Expect(t, w.Run(), exists,
		"passed: its policies allow s3:GetObject on arn:aws:s3:::uploads/*",
		"failed, may pass: its policies do not allow s3:GetObject on arn:aws:s3:::other/*: a simulation says implicitDeny",
		"failed, may pass: its policies do not allow s3:PutObject on arn:aws:s3:::uploads/*: a simulation says explicitDeny",
		"failed, may pass: its policies do not allow s3:PutObject on arn:aws:s3:::other/*: a simulation says explicitDeny",
		"failed, may pass: its policies do not allow s3:DeleteObject on arn:aws:s3:::uploads/*: a simulation says implicitDeny",
		"failed, may pass: its policies do not allow s3:DeleteObject on arn:aws:s3:::other/*: a simulation says implicitDeny",
	)
	w.Block = values{"role": "api", "allows": []any{"s3:GetObject"}}
	preflighttest.Expect(t, w.Run(), exists, "failed, may pass: its policies do not allow s3:GetObject on *: a simulation says implicitDeny")
}

// What IAM has of the policy is escaped.
func TestTrustOfARole(t *testing.T) {
	w := start(t)
	w.Block = values{"role": "api", "trusts": "ec2.amazonaws.com"}
	preflighttest.Expect(t, w.Run(), exists, "failed, may pass: its trust policy does not let ec2.amazonaws.com assume it")
	w.Query("iam", version, "UpdateAssumeRolePolicy", nil, "RoleName", "api", "PolicyDocument", strings.ReplaceAll(trusts, "ecs-tasks.", "ec2."))
	preflighttest.Expect(t, w.Run(), exists, "passed: ec2.amazonaws.com may assume it")
}

// A condition on what a simulation is not told is neither allowed nor wrong.
func TestAllowsUnderACondition(t *testing.T) {
	for decision, want := range map[string]string{
		"implicitDeny": "skipped: whether s3:GetObject on * is allowed is unknown: a policy looks at aws:SourceIp, which a simulation does not know",
		"explicitDeny": "failed, may pass: its policies do not allow s3:GetObject on *: a simulation says explicitDeny",
		"allowed":      "passed: its policies allow s3:GetObject on *",
	} {
		preflighttest.Expect(t, []rollout.Finding{judge(rollout.Finding{}, "s3:GetObject", "*", decision, []string{"aws:SourceIp"})}, want)
	}
}

// Who may not simulate is warned, and goes on.
func TestNotSimulated(t *testing.T) {
	w := start(t)
	got := w.Without(simulate)
	preflighttest.Expect(t, got[:2], exists, mayAssume)
	if len(got) != 3 || got[2].Stops() {
		t.Errorf("got %+v", got)
	}
	t.Cleanup(w.Fault(aws.Fault{Kind: aws.Unauthenticated, Action: simulate}))
	if got := w.Run(); len(got) != 3 || got[2].Stops() {
		t.Errorf("got %+v", got)
	}
}

func TestValidate(t *testing.T) {
	const arn = "arn:aws:iam::123456789012:role/team/api"
	preflighttest.Validates(t, Kind(), map[string]preflighttest.Case{
		"all":             {values{"role": arn, "trusts": "ecs-tasks.amazonaws.com", "allows": []any{"s3:GetObject"}, "resources": []any{"*", uploads}}, nil},
		"in China":        {values{"role": "arn:aws-cn:iam::123456789012:role/api", "trusts": "ec2.amazonaws.com.cn"}, nil},
		"unknown":         {values{"role": preflighttest.Unknown, "trusts": preflighttest.Unknown, "allows": preflighttest.Unknown, "resources": preflighttest.Unknown}, nil},
		"a user":          {values{"role": "arn:aws:iam::123456789012:user/api"}, []string{"role"}},
		"an address":      {values{"role": "https://example.com"}, []string{"role"}},
		"nothing":         {values{"role": ""}, []string{"role"}},
		"a bare service":  {values{"role": "api", "trusts": "lambda"}, []string{"trusts"}},
		"all actions":     {values{"role": "api", "allows": []any{"s3:*", "GetObject"}}, []string{"allows", "allows"}},
		"a bucket's name": {values{"role": "api", "allows": []any{"s3:GetObject"}, "resources": []any{"uploads"}}, []string{"resources"}},
		"resources alone": {values{"role": "api", "resources": []any{"*"}}, []string{"resources"}},
	})
}
