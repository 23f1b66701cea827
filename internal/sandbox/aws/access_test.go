package aws_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
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
	if got := w.Unused("plan"); !slices.Equal(got, []aws.Grant{{Action: "lambda:GetFunction", Resource: arn}, {Action: "lambda:UpdateAlias", Resource: arn}}) {
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
	changed := lambda.NewFromConfig(w.config(w.Admin()), func(o *lambda.Options) { o.HTTPClient = changing{} })
	_, err = changed.UpdateAlias(t.Context(), &lambda.UpdateAliasInput{FunctionName: sdk.String("shop"), Name: sdk.String("live"), Description: sdk.String("said")})
	refused(t, err, "InvalidSignatureException")
	if w.live().Description != "" {
		t.Errorf("it was written: %+v", w.live())
	}
	sum := sha256.Sum256([]byte("signed"))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, w.URL()+"/b/k", strings.NewReader("sent"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	if err := v4.NewSigner().SignHTTP(t.Context(), sdk.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, req, hex.EncodeToString(sum[:]), "s3", w.Region(), w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(resp.Body); err != nil || !strings.Contains(string(body), "SignatureDoesNotMatch") {
		t.Errorf("another body than the one that its hash is of: %s %v", body, err)
	}
}

// changing is a client whose requests change on their way, after they were signed.
type changing struct{}

func (changing) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(strings.NewReader(strings.Replace(string(body), "said", "SAID", 1)))
	return http.DefaultClient.Do(r)
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

// IAM compares the thing itself, whatever a caller calls it.
func TestPoliciesSeeWhatNamesMean(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	ctx := t.Context()
	var secret struct{ ARN string }
	if err := w.JSON(ctx, "secretsmanager", "secretsmanager.CreateSecret", map[string]any{"Name": "db", "SecretString": "x"}, &secret); err != nil {
		t.Fatal(err)
	}
	var key struct{ KeyMetadata struct{ Arn string } }
	if err := w.JSON(ctx, "kms", "TrentService.CreateKey", map[string]any{}, &key); err != nil {
		t.Fatal(err)
	}
	if err := w.JSON(ctx, "kms", "TrentService.CreateAlias", map[string]any{"AliasName": "alias/app", "TargetKeyId": key.KeyMetadata.Arn}, nil); err != nil {
		t.Fatal(err)
	}
	if err := w.JSON(ctx, "ssm", "AmazonSSM.PutParameter", map[string]any{"Name": "/app/url", "Value": "x", "Type": "String"}, nil); err != nil {
		t.Fatal(err)
	}
	bucket := "policies-" + w.Account()
	if err := errors.Join(w.CreateBucket(ctx, bucket), w.PutObject(ctx, bucket, "k", []byte("x"))); err != nil {
		t.Fatal(err)
	}
	may := func(statement string) aws.Key { return ok[aws.Key](t)(w.User("u", policy(statement))) }
	describe := func(k aws.Key, service, target, body string) string {
		_, err := w.json(k, service, target, body)
		return code(err)
	}
	for _, x := range []struct{ statement, service, target, body, want string }{
		{allow(secret.ARN, "secretsmanager:DescribeSecret"), "secretsmanager", "secretsmanager.DescribeSecret", `{"SecretId":"db"}`, ""},
		{allow(secret.ARN+"x", "secretsmanager:DescribeSecret"), "secretsmanager", "secretsmanager.DescribeSecret", `{"SecretId":"db"}`, "AccessDeniedException"},
		{allow(secret.ARN, "secretsmanager:DescribeSecret"), "secretsmanager", "secretsmanager.GetSecretValue", `{"SecretId":"db"}`, "AccessDeniedException"},
		{allow(key.KeyMetadata.Arn, "kms:DescribeKey"), "kms", "TrentService.DescribeKey", `{"KeyId":"alias/app"}`, ""},
		{allow("arn:aws:kms:*:*:alias/app", "kms:DescribeKey"), "kms", "TrentService.DescribeKey", `{"KeyId":"alias/app"}`, "AccessDeniedException"},
		{allow("arn:aws:ssm:eu-central-1:*:parameter/app/url", "ssm:GetParameter"), "ssm", "AmazonSSM.GetParameter", `{"Name":"/app/url:1"}`, ""},
		{allow("arn:aws:ssm:eu-central-1:*:parameter/app/other", "ssm:GetParameter"), "ssm", "AmazonSSM.GetParameter", `{"Name":"/app/url"}`, "AccessDeniedException"},
	} {
		if got := describe(may(x.statement), x.service, x.target, x.body); got != x.want {
			t.Errorf("%s under %s: %q, want %q", x.target, x.statement, got, x.want)
		}
	}
	head := func(k aws.Key, uri string) int {
		status, err := w.head(k, uri)
		if err != nil {
			t.Fatal(err)
		}
		return status
	}
	k := may(allow("arn:aws:s3:::"+bucket+"/*", "s3:GetObject"))
	if a, b, c := head(k, "/"+bucket+"/k"), head(k, "/"+bucket+"/k?versionId=null"), head(k, "/"+bucket); a != 200 || b != 403 || c != 403 {
		t.Errorf("an object %d, its version %d, the bucket %d", a, b, c)
	}
}
