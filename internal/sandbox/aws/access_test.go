package aws_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

func policy(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

func allow(resource string, actions ...string) string {
	return fmt.Sprintf(`{"Effect":"Allow","Action":["%s"],"Resource":"%s"}`, strings.Join(actions, `","`), resource)
}

func TestPolicyIsEnforcedPerActionAndResource(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	w.shop()
	arn := "arn:aws:lambda:eu-central-1:" + w.Account() + ":function:shop"
	k := ok[aws.Key](t)(w.User("plan", policy(allow(arn, "lambda:GetAlias", "lambda:GetFunction", "lambda:UpdateAlias"), allow(arn+":*", "lambda:GetFunction"))))
	c, ctx := lambda.NewFromConfig(w.config(k)), t.Context()
	ok[*lambda.GetAliasOutput](t)(c.GetAlias(ctx, &lambda.GetAliasInput{FunctionName: sdk.String("shop"), Name: sdk.String("live")}))
	ok[*lambda.GetFunctionOutput](t)(c.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: sdk.String("shop"), Qualifier: sdk.String("2")}))
	_, err := c.ListAliases(ctx, &lambda.ListAliasesInput{FunctionName: sdk.String("shop")})
	refused(t, err, "AccessDeniedException")
	want := "User: arn:aws:iam::" + w.Account() + ":user/plan is not authorized to perform: lambda:ListAliases on resource: " + arn + " because no identity-based policy allows the lambda:ListAliases action"
	if !strings.Contains(err.Error(), want) {
		t.Fatalf("the text: %v", err)
	}
	_, err = c.GetAlias(ctx, &lambda.GetAliasInput{FunctionName: sdk.String("other"), Name: sdk.String("live")})
	refused(t, err, "AccessDeniedException")
	_, err = elasticloadbalancingv2.NewFromConfig(w.config(k)).DescribeRules(ctx, &elasticloadbalancingv2.DescribeRulesInput{ListenerArn: sdk.String("arn:x")})
	refused(t, err, "AccessDenied")
	if got := w.Used("plan"); !slices.Equal(got, []string{"lambda:GetAlias", "lambda:GetFunction"}) {
		t.Errorf("used: %v", got)
	}
	if got := w.Unused("plan"); !slices.Equal(got, []string{"lambda:UpdateAlias"}) {
		t.Errorf("unused: %v", got)
	}
}

func TestRolePassedNeedsItsOwnPermission(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	w.shop()
	fn := "arn:aws:lambda:eu-central-1:" + w.Account() + ":function:shop"
	k := ok[aws.Key](t)(w.User("apply", policy(allow(fn, "lambda:UpdateFunctionConfiguration"))))
	c := lambda.NewFromConfig(w.config(k))
	_, err := c.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: sdk.String("shop"), Role: sdk.String("arn:aws:iam::" + w.Account() + ":role/other")})
	refused(t, err, "AccessDeniedException")
	if !strings.Contains(err.Error(), "iam:PassRole") {
		t.Errorf("the text: %v", err)
	}
	ok[*lambda.UpdateFunctionConfigurationOutput](t)(c.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: sdk.String("shop"), Timeout: sdk.Int32(7)}))
}

func TestSignatureIsChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	w.shop()
	in := &lambda.GetAliasInput{FunctionName: sdk.String("shop"), Name: sdk.String("live")}
	_, err := lambda.NewFromConfig(w.config(aws.Key{ID: "test", Secret: "guessed"})).GetAlias(t.Context(), in)
	refused(t, err, "InvalidSignatureException")
	_, err = lambda.NewFromConfig(w.config(aws.Key{ID: "nobody", Secret: "test"})).GetAlias(t.Context(), in)
	refused(t, err, "UnrecognizedClientException")
}

func TestRoleIsAssumed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	w.shop()
	arn := ok[string](t)(w.Role("deploy", policy(allow("*", "lambda:GetAlias"))))
	c := sts.NewFromConfig(w.config(w.Admin()))
	got := ok[*sts.AssumeRoleOutput](t)(c.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: &arn, RoleSessionName: sdk.String("s")}))
	k := aws.Key{ID: *got.Credentials.AccessKeyId, Secret: *got.Credentials.SecretAccessKey, Token: *got.Credentials.SessionToken}
	who := ok[*sts.GetCallerIdentityOutput](t)(sts.NewFromConfig(w.config(k)).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}))
	if *who.Arn != "arn:aws:sts::"+w.Account()+":assumed-role/deploy/s" || *who.Account != w.Account() {
		t.Errorf("the session is %s in %s", *who.Arn, *who.Account)
	}
	as := lambda.NewFromConfig(w.config(k))
	ok[*lambda.GetAliasOutput](t)(as.GetAlias(t.Context(), &lambda.GetAliasInput{FunctionName: sdk.String("shop"), Name: sdk.String("live")}))
	_, err := as.ListAliases(t.Context(), &lambda.ListAliasesInput{FunctionName: sdk.String("shop")})
	refused(t, err, "AccessDeniedException")
	_, err = c.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: sdk.String("arn:aws:iam::" + w.Account() + ":role/unheard"), RoleSessionName: sdk.String("s")})
	refused(t, err, "AccessDenied")
}

// A request that nobody knows is no shrug, and neither is one under a policy whose
// action nobody has mapped.
func TestUnknownRequestsAreViolations(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(*world) error{
		"an unsigned one": func(w *world) error {
			resp, err := http.Get(w.URL() + "/2015-03-31/functions") //nolint:noctx // a test
			if err == nil {
				resp.Body.Close()
			}
			return errors.Join(err, errNotKnown)
		},
		"a query action that moto lacks": func(w *world) error {
			_, err := w.query(w.Admin(), "iam", "2010-05-08", url.Values{"Action": {"SimulateCustomPolicy"}})
			return err
		},
		"a path of Lambda": func(w *world) error {
			_, err := lambda.NewFromConfig(w.config(w.Admin())).ListCodeSigningConfigs(w.t.Context(), &lambda.ListCodeSigningConfigsInput{})
			return err
		},
		"a field": func(w *world) error {
			_, err := w.lambda().PublishVersion(w.t.Context(), &lambda.PublishVersionInput{FunctionName: sdk.String("shop"), PublishTo: types.FunctionVersionLatestPublishedLatestPublished})
			return err
		},
		"an action that is not mapped": func(w *world) error {
			k := ok[aws.Key](w.t)(w.User("u", policy(allow("*", "*"))))
			_, err := lambda.NewFromConfig(w.config(k)).ListLayerVersions(w.t.Context(), &lambda.ListLayerVersionsInput{LayerName: sdk.String("l")})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, aws.Options{})
			w.shop()
			if err := ask(w); err == nil {
				t.Error("it was answered")
			}
			if len(w.Violations()) != 1 {
				t.Errorf("violations: %q", w.Violations())
			}
			w.ForgetViolations()
		})
	}
}

func TestPolicyThatCannotBeEnforcedIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	for _, raw := range []string{
		"{}", policy(), `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*"}}`,
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2020"}}}}`,
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Acton":"*"}}`,
	} {
		if _, err := w.User("u", raw); err == nil {
			t.Errorf("accepted %s", raw)
		}
	}
	k := ok[aws.Key](t)(w.User("u", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"lambda:List*","Resource":"*"},
		{"Effect":"Deny","NotAction":"lambda:ListFunctions","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":["eu-central-1"]}}}]}`))
	c := lambda.NewFromConfig(w.config(k))
	ok[*lambda.ListFunctionsOutput](t)(c.ListFunctions(t.Context(), &lambda.ListFunctionsInput{}))
	_, err := c.ListEventSourceMappings(t.Context(), &lambda.ListEventSourceMappingsInput{})
	refused(t, err, "AccessDeniedException")
}
