package lambdaalias

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	sandbox "github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

// findings runs everything that the platform itself wants to be true.
func (h *harness) findings(t *testing.T, s settings) []rollout.Finding {
	t.Helper()
	return findingsOf(t, h.open(s))
}

func findingsOf(t *testing.T, a *alias) []rollout.Finding {
	t.Helper()
	var out []rollout.Finding
	for _, c := range a.requires() {
		out = append(out, c.Run(t.Context(), nil, nil)...)
	}
	return out
}

// troubles are the findings that did not pass, as words.
func troubles(all []rollout.Finding) []string {
	var out []string
	for _, f := range all {
		if f.Status == rollout.Passed {
			continue
		}
		word := f.Status.String()
		if f.Advisory {
			word += " (warning)"
		}
		out = append(out, word+": "+f.Why+" | "+f.Fix)
	}
	return out
}

func TestChecksOfWhatIsInOrder(t *testing.T) {
	h := newHarness(t)
	for name, s := range map[string]settings{"published here": h.zipped(t, "made"), "named": {version: h.new}, "where alone": {}} {
		if got := troubles(h.findings(t, s)); len(got) > 0 {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestChecks(t *testing.T) {
	for name, c := range map[string]struct {
		arrange func(t *testing.T, h *harness)
		wants   func(t *testing.T, h *harness) settings // nil: a version that is published here
		says    string
		status  rollout.Status
		warns   bool
	}{
		"the alias points at what changes": {
			arrange: func(t *testing.T, h *harness) { h.setAlias(t, "$LATEST") },
			says:    "points at $LATEST", status: rollout.Failed,
		},
		"a long description": {
			arrange: func(t *testing.T, h *harness) { h.must(t, h.box.Describe(shop, live, strings.Repeat("x", 230))) },
			says:    "has 230 characters", status: rollout.Failed,
		},
		"another role": {
			arrange: func(t *testing.T, h *harness) {
				h.configure(t, &lambda.UpdateFunctionConfigurationInput{Role: h.role(t, "other")})
			},
			says: "the version to be published runs as", status: rollout.Failed,
		},
		"another dead-letter queue": {
			arrange: func(t *testing.T, h *harness) {
				h.configure(t, &lambda.UpdateFunctionConfigurationInput{DeadLetterConfig: &types.DeadLetterConfig{TargetArn: aws.String("arn:aws:sqs:eu-central-1:123456789012:dead")}})
				h.publish(t)
			},
			wants: func(_ *testing.T, h *harness) settings { return settings{newest: true} },
			says:  "has arn:aws:sqs:eu-central-1:123456789012:dead as its dead-letter queue, and version 1, which serves, has none", status: rollout.Failed,
		},
		"nobody has come for weeks": {
			arrange: func(t *testing.T, h *harness) { h.must(t, h.box.Idle(shop, string(h.old))) },
			says:    "version 1, which serves, has not been invoked for so long", status: rollout.Failed,
		},
		"provisioned concurrency of the alias": {
			arrange: func(t *testing.T, h *harness) { h.must(t, h.box.Provision(shop, live, 5)) },
			says:    "the alias has provisioned concurrency (5)", status: rollout.Failed,
		},
		"too few reserved executions": {
			arrange: func(t *testing.T, h *harness) {
				_, err := h.sdk(t).PutFunctionConcurrency(t.Context(), &lambda.PutFunctionConcurrencyInput{FunctionName: aws.String(shop), ReservedConcurrentExecutions: aws.Int32(15)})
				h.must(t, err)
			},
			wants: func(_ *testing.T, h *harness) settings { return settings{version: h.new, provisioned: aws.Int32(10)} },
			says:  "20 together", status: rollout.Failed,
		},
		"another package": {
			arrange: func(*testing.T, *harness) {},
			wants: func(*testing.T, *harness) settings {
				return settings{image: "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop@sha256:" + strings.Repeat("a", 64)}
			},
			says: "a package of the type Zip, and the block has an image", status: rollout.Failed,
		},
		"no file": {
			arrange: func(*testing.T, *harness) {},
			wants: func(t *testing.T, _ *harness) settings {
				return settings{filename: filepath.Join(t.TempDir(), "none.zip")}
			},
			says: "no such file", status: rollout.Failed,
		},
		"a large file": {
			arrange: func(*testing.T, *harness) {},
			wants: func(t *testing.T, h *harness) settings {
				s := h.zipped(t, "made")
				h.must(t, os.Truncate(s.filename, largestUpload+1))
				return s
			},
			says: "has 51 MB", status: rollout.Failed,
		},
		"another file": {
			arrange: func(*testing.T, *harness) {},
			wants: func(t *testing.T, h *harness) settings {
				s := h.zipped(t, "made")
				h.must(t, os.WriteFile(s.filename, []byte("another build"), 0o600))
				return s
			},
			says: "code_sha256 says " + sumOf([]byte("made")), status: rollout.Failed,
		},
		"no alias": {
			arrange: func(_ *testing.T, h *harness) { h.box.DeleteFunction(shop) },
			says:    "it does not exist", status: rollout.Failed,
		},
		"an alias that may not be read": {
			arrange: func(_ *testing.T, h *harness) {
				h.box.Fault(sandbox.Fault{Kind: sandbox.Denied, Action: "lambda:GetAlias"})
			},
			says: "lambda:GetAlias", status: rollout.Skipped,
		},
		"callers that may not be read": {
			arrange: func(_ *testing.T, h *harness) {
				h.box.Fault(sandbox.Fault{Kind: sandbox.Denied, Action: "lambda:GetPolicy"})
			},
			says: "lambda:GetPolicy", status: rollout.Skipped,
		},
		"a queue of the function": {
			arrange: func(t *testing.T, h *harness) { h.mapping(t, shop) },
			says:    "the event source mapping", status: rollout.Failed,
		},
		"a queue of the function, and a version from elsewhere": {
			arrange: func(t *testing.T, h *harness) { h.mapping(t, shop) },
			wants:   func(_ *testing.T, h *harness) settings { return settings{version: h.new} },
			says:    "gets $LATEST, whatever the alias says", status: rollout.Failed, warns: true,
		},
		"a queue of the function, by intent": {
			arrange: func(t *testing.T, h *harness) { h.mapping(t, shop) },
			wants: func(t *testing.T, h *harness) settings {
				s := h.zipped(t, "made")
				s.allowsUnqualified = true
				return s
			},
			says: "the event source mapping", status: rollout.Failed, warns: true,
		},
		"a URL of the function": {
			arrange: func(t *testing.T, h *harness) {
				_, err := h.sdk(t).CreateFunctionUrlConfig(t.Context(), &lambda.CreateFunctionUrlConfigInput{FunctionName: aws.String(shop), AuthType: types.FunctionUrlAuthTypeAwsIam})
				h.must(t, err)
			},
			says: "the function URL of the function", status: rollout.Failed,
		},
		"somebody may invoke the function alone": {
			arrange: func(t *testing.T, h *harness) {
				h.permit(t, "", "events.amazonaws.com", "arn:aws:events:eu-central-1:123456789012:rule/nightly")
			},
			says:   "--qualifier live --statement-id events --action lambda:InvokeFunction --principal events.amazonaws.com --source-arn 'arn:aws:events:eu-central-1:123456789012:rule/nightly'",
			status: rollout.Failed, warns: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarnessWith(t, sandbox.Options{})
			c.arrange(t, h)
			s := h.zipped(t, "made")
			if c.wants != nil {
				s = c.wants(t, h)
			}
			all := h.findings(t, s)
			if !slices.ContainsFunc(all, func(f rollout.Finding) bool {
				return strings.Contains(f.Why+" "+f.Fix, c.says) && f.Status == c.status && f.Advisory == c.warns
			}) {
				t.Errorf("found %q, want %q", troubles(all), c.says)
			}
		})
	}
}

// TestWhoDoesNoHarm: nobody is told of for nothing, and a permission for others
// is none.
func TestWhoDoesNoHarm(t *testing.T) {
	h := newHarnessWith(t, sandbox.Options{})
	h.mapping(t, shop+":"+live)
	all, err := h.sdk(t).ListEventSourceMappings(t.Context(), &lambda.ListEventSourceMappingsInput{})
	h.must(t, err)
	_, err = h.sdk(t).UpdateEventSourceMapping(t.Context(), &lambda.UpdateEventSourceMappingInput{UUID: all.EventSourceMappings[0].UUID, FunctionName: aws.String(shop), Enabled: aws.Bool(false)})
	h.must(t, err)
	h.permit(t, "", "events.amazonaws.com", "arn:aws:events:eu-central-1:123456789012:rule/nightly")
	h.permit(t, live, "events.amazonaws.com", "arn:aws:events:eu-central-1:123456789012:rule/daily")
	h.clock.Advance(60e9)
	if got := troubles(h.findings(t, h.zipped(t, "made"))); len(got) != 1 || !strings.Contains(got[0], "rule/nightly may invoke the function") {
		t.Errorf("found %q", got)
	}
}

func TestHealth(t *testing.T) {
	for state, want := range map[types.State]rollout.State{
		"": rollout.Ready, types.StateActive: rollout.Ready, types.StatePending: rollout.Starting, types.StateInactive: rollout.Starting,
		types.StateFailed: rollout.Broken, types.StateActiveNonInvocable: rollout.Broken, "Newer": rollout.Broken,
	} {
		got := health(&shape{types.FunctionConfiguration{State: state}})
		if got.State != want || (got.Reason == "") != (want == rollout.Ready) {
			t.Errorf("%q is %s (%q), want %s", state, got.State, got.Reason, want)
		}
	}
	if got := health(nil); got.State != rollout.Missing {
		t.Errorf("what is not there is %s", got.State)
	}
}

// TestContentKnowsNoEmptiness: a field that is absent, and one that is empty, say
// the same; everything else makes a difference.
func TestContentKnowsNoEmptiness(t *testing.T) {
	c := func(change func(*types.FunctionConfiguration)) string {
		f := types.FunctionConfiguration{CodeSha256: aws.String("x"), FunctionName: aws.String("api"), VpcConfig: &types.VpcConfigResponse{SubnetIds: []string{"a", "b"}}}
		if change != nil {
			change(&f)
		}
		return shape{f}.content()
	}
	was := c(nil)
	for name, same := range map[string]func(*types.FunctionConfiguration){
		"a switch that is off": func(f *types.FunctionConfiguration) { f.VpcConfig.Ipv6AllowedForDualStack = aws.Bool(false) },
		"no layers":            func(f *types.FunctionConfiguration) { f.Layers = []types.Layer{} },
		"no variables":         func(f *types.FunctionConfiguration) { f.Environment = &types.EnvironmentResponse{} },
		"another order":        func(f *types.FunctionConfiguration) { f.VpcConfig.SubnetIds = []string{"b", "a"} },
		"the network's name":   func(f *types.FunctionConfiguration) { f.VpcConfig.VpcId = aws.String("vpc-1") },
		"a description":        func(f *types.FunctionConfiguration) { f.Description = aws.String("text") },
		"a number":             func(f *types.FunctionConfiguration) { f.Version = aws.String("7") },
		"the default log group": func(f *types.FunctionConfiguration) {
			f.LoggingConfig = &types.LoggingConfig{LogGroup: aws.String("/aws/lambda/api")}
		},
		"the exact runtime": func(f *types.FunctionConfiguration) {
			f.RuntimeVersionConfig = &types.RuntimeVersionConfig{RuntimeVersionArn: aws.String("x")}
		},
		"a snapshot's state": func(f *types.FunctionConfiguration) {
			f.SnapStart = &types.SnapStartResponse{ApplyOn: types.SnapStartApplyOnNone, OptimizationStatus: "Off"}
		},
	} {
		if c(same) != was {
			t.Errorf("%s makes a difference", name)
		}
	}
	for name, other := range map[string]func(*types.FunctionConfiguration){
		"code":     func(f *types.FunctionConfiguration) { f.CodeSha256 = aws.String("y") },
		"memory":   func(f *types.FunctionConfiguration) { f.MemorySize = aws.Int32(512) },
		"a subnet": func(f *types.FunctionConfiguration) { f.VpcConfig.SubnetIds = []string{"a"} },
		"log group": func(f *types.FunctionConfiguration) {
			f.LoggingConfig = &types.LoggingConfig{LogGroup: aws.String("other")}
		},
		"a layer": func(f *types.FunctionConfiguration) { f.Layers = []types.Layer{{Arn: aws.String("l")}} },
		"snapshots": func(f *types.FunctionConfiguration) {
			f.SnapStart = &types.SnapStartResponse{ApplyOn: types.SnapStartApplyOnPublishedVersions}
		},
		"a value": func(f *types.FunctionConfiguration) {
			f.Environment = &types.EnvironmentResponse{Variables: map[string]string{"A1": "x"}}
		},
	} {
		if c(other) == was {
			t.Errorf("%s makes no difference", name)
		}
	}
}

func TestSubjectTakesTheURL(t *testing.T) {
	h := newHarness(t)
	way := func() (string, error) {
		t.Helper()
		of, err := h.open(settings{}).Subject(t.Context(), h.old)
		h.must(t, err)
		if of.URL != "" {
			t.Errorf("the version alone is at %q", of.URL)
		}
		return of.ServiceURL(t.Context())
	}
	remove := h.box.Fault(sandbox.Fault{Kind: sandbox.Denied, Action: "lambda:GetFunctionUrlConfig"})
	if _, err := way(); !errors.Is(err, rollout.ErrDenied) || !strings.Contains(err.Error(), "lambda:GetFunctionUrlConfig") {
		t.Errorf("denied, it says %v", err)
	}
	remove()
	if at, err := way(); err != nil || !strings.HasPrefix(at, "https://") {
		t.Errorf("users come to %q (%v)", at, err)
	}
	_, err := h.sdk(t).DeleteFunctionUrlConfig(t.Context(), &lambda.DeleteFunctionUrlConfigInput{FunctionName: aws.String(shop), Qualifier: aws.String(live)})
	h.must(t, err)
	if at, err := way(); err != nil || at != "" {
		t.Errorf("without a URL users come to %q (%v)", at, err)
	}
}

func TestCapacityProvider(t *testing.T) {
	h := newHarness(t)
	a := h.open(settings{})
	o, err := a.Observe(t.Context())
	h.must(t, err)
	a.latest.CapacityProviderConfig = &types.CapacityProviderConfig{}
	if got := troubles(a.shape(o)); len(got) != 1 || !strings.Contains(got[0], "runs on a capacity provider") {
		t.Errorf("found %q", got)
	}
}

func TestTagsThatMayNotBeRead(t *testing.T) {
	h := newHarness(t)
	a := h.open(settings{})
	_, err := a.Observe(t.Context())
	h.must(t, err)
	a.latest.tagsUnread = true
	if got := troubles(a.tagged()); len(got) != 1 || !strings.HasPrefix(got[0], "skipped (warning): the function's tags may not be read") {
		t.Errorf("found %q", got)
	}
}

func (h *harness) setAlias(t *testing.T, version string) {
	t.Helper()
	_, err := h.sdk(t).UpdateAlias(t.Context(), &lambda.UpdateAliasInput{FunctionName: aws.String(shop), Name: aws.String(live), FunctionVersion: &version})
	h.must(t, err)
}

func (h *harness) configure(t *testing.T, in *lambda.UpdateFunctionConfigurationInput) {
	t.Helper()
	in.FunctionName = aws.String(shop)
	_, err := h.sdk(t).UpdateFunctionConfiguration(t.Context(), in)
	h.must(t, err)
}

// role makes a role that Lambda may assume.
func (h *harness) role(t *testing.T, name string) *string {
	t.Helper()
	var out struct {
		Arn string `xml:"CreateRoleResult>Role>Arn"`
	}
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	h.must(t, h.clients.AWSQuery(t.Context(), "", "iam", "2010-05-08", "CreateRole", map[string][]string{"RoleName": {name}, "AssumeRolePolicyDocument": {trust}}, &out))
	return &out.Arn
}

func (h *harness) mapping(t *testing.T, function string) {
	t.Helper()
	_, err := h.sdk(t).CreateEventSourceMapping(t.Context(), &lambda.CreateEventSourceMappingInput{
		FunctionName: &function, EventSourceArn: aws.String("arn:aws:sqs:" + h.box.Region() + ":" + h.box.Account() + ":orders"),
	})
	h.must(t, err)
}

func (h *harness) permit(t *testing.T, qualifier, service, source string) {
	t.Helper()
	sid, _, _ := strings.Cut(service, ".")
	in := &lambda.AddPermissionInput{FunctionName: aws.String(shop), StatementId: &sid, Action: aws.String("lambda:InvokeFunction"), Principal: &service}
	if qualifier != "" {
		in.Qualifier = &qualifier
	}
	if source != "" {
		in.SourceArn = &source
	}
	_, err := h.sdk(t).AddPermission(t.Context(), in)
	h.must(t, err)
}

// rest asks API Gateway.
func (h *harness) rest(t *testing.T, method, path string, in, out any) {
	t.Helper()
	h.must(t, h.clients.AWSRest(t.Context(), h.box.Region(), "apigateway", method, path, nil, in, out))
}

// api makes an API of either kind, with one route that calls an ARN.
func (h *harness) api(t *testing.T, first bool, arn string) (id string) {
	t.Helper()
	address := "arn:aws:apigateway:" + h.box.Region() + ":lambda:path/2015-03-31/functions/" + arn + "/invocations"
	if !first {
		var made struct{ APIID string }
		h.rest(t, "POST", "/v2/apis", map[string]string{"name": "second", "protocolType": "HTTP"}, &made)
		h.rest(t, "POST", "/v2/apis/"+made.APIID+"/integrations", map[string]string{"integrationType": "AWS_PROXY", "integrationUri": address, "payloadFormatVersion": "2.0"}, nil)
		return made.APIID
	}
	var made struct{ ID string }
	h.rest(t, "POST", "/restapis", map[string]string{"name": "first"}, &made)
	var resources struct {
		Item []struct{ ID string }
	}
	h.rest(t, "GET", "/restapis/"+made.ID+"/resources", nil, &resources)
	at := "/restapis/" + made.ID + "/resources/" + resources.Item[0].ID + "/methods/GET"
	h.rest(t, "PUT", at, map[string]string{"authorizationType": "NONE"}, nil)
	h.rest(t, "PUT", at+"/integration", map[string]string{"type": "AWS_PROXY", "httpMethod": "POST", "uri": address}, nil)
	return made.ID
}

func TestAPIs(t *testing.T) {
	for name, first := range map[string]bool{"REST": true, "HTTP": false} {
		for whose, narrow := range map[string]bool{"its own permission": true, "a permission for any API": false} {
			t.Run(name+" with "+whose, func(t *testing.T) {
				h := newHarnessWith(t, sandbox.Options{})
				p := h.place()
				past, follows := h.api(t, first, p.functionARN()), h.api(t, first, p.String())
				source := "arn:aws:execute-api:" + p.region + ":" + p.account + ":*/*/GET/"
				if narrow {
					source = strings.Replace(source, ":*/", ":"+past+"/", 1)
				}
				h.permit(t, "", "apigateway.amazonaws.com", source)
				h.permit(t, live, "apigateway.amazonaws.com", "")
				got := troubles(h.findings(t, h.zipped(t, "made")))
				if len(got) != 1 || !strings.Contains(got[0], "API "+past+" invokes the function without a qualifier") || strings.Contains(got[0], follows) {
					t.Errorf("found %q, want the API %s alone", got, past)
				}
			})
		}
	}
}

func TestAPIThatIsGone(t *testing.T) {
	h := newHarnessWith(t, sandbox.Options{})
	p := h.place()
	h.permit(t, "", "apigateway.amazonaws.com", "arn:aws:execute-api:"+p.region+":"+p.account+":gone123/*/GET/")
	h.permit(t, live, "apigateway.amazonaws.com", "")
	if got := troubles(h.findings(t, h.zipped(t, "made"))); len(got) > 0 {
		t.Errorf("found %q", got)
	}
}

// TestCallersAreLookedForOnce: nothing else is asked for at each step.
func TestCallersAreLookedForOnce(t *testing.T) {
	h := newHarnessWith(t, sandbox.Options{})
	a := h.open(h.zipped(t, "made"))
	findingsOf(t, a)
	before := h.box.Count("lambda:GetPolicy")
	findingsOf(t, a)
	if after := h.box.Count("lambda:GetPolicy"); before == 0 || after != before {
		t.Errorf("asked %d times, and then %d", before, after)
	}
}

func TestProvisionedConcurrencyMovesWithTheRollout(t *testing.T) {
	h := newHarness(t)
	s := settings{version: h.new, provisioned: aws.Int32(7)}
	h.must(t, h.box.Provision(shop, string(h.old), 5))
	h.box.Fault(sandbox.Fault{Kind: sandbox.SettleAfter, Action: "lambda:PutProvisionedConcurrencyConfig", D: 60e9})
	a := h.open(s)
	apply := func(r rollout.Routing) {
		o, err := a.Observe(t.Context())
		h.must(t, err)
		h.must(t, a.Apply(t.Context(), r, o.Token))
	}
	apply(rollout.Routing{Split: rollout.All(h.old), Home: h.old, Keep: []rollout.Revision{h.new}})
	room := func() rollout.Weight {
		o, err := h.open(s).Observe(t.Context(), h.new)
		h.must(t, err)
		if o.Room[h.old] != rollout.Whole {
			t.Errorf("home has room for %s", o.Room[h.old])
		}
		return o.Room[h.new]
	}
	if w := room(); w != 0 {
		t.Errorf("before it is ready the candidate has room for %s", w)
	}
	h.clock.Advance(61e9)
	if w := room(); w != rollout.Whole {
		t.Errorf("once it is ready the candidate has room for %s", w)
	}
	apply(rollout.Routing{Split: rollout.All(h.new), Home: h.old, Keep: []rollout.Revision{h.new}})
	if had, err := a.provisionedOf(t.Context(), string(h.old)); err != nil || had == nil {
		t.Errorf("the way home has lost what kept it ready (%v)", err)
	}
	apply(rollout.Routing{Split: rollout.All(h.new)})
	if had, err := a.provisionedOf(t.Context(), string(h.old)); err != nil || had != nil {
		t.Errorf("the version before keeps %+v (%v)", had, err)
	}
	if had, err := a.provisionedOf(t.Context(), string(h.new)); err != nil || had == nil || aws.ToInt32(had.RequestedProvisionedConcurrentExecutions) != 7 {
		t.Errorf("the version that serves has %+v (%v)", had, err)
	}
}

func TestAbortIsATag(t *testing.T) {
	h := newHarness(t)
	_, err := h.sdk(t).TagResource(t.Context(), &lambda.TagResourceInput{Resource: aws.String(h.place().functionARN()), Tags: map[string]string{abortKey: "incident\n42"}})
	h.must(t, err)
	o, err := h.open(settings{}).Observe(t.Context())
	if err != nil || o.Abort != "incident 42" {
		t.Errorf("it reads %q (%v)", o.Abort, err)
	}
}

func TestUnservedSaysWhatChanged(t *testing.T) {
	h := newHarness(t)
	h.setAlias(t, string(h.new))
	s := settings{filename: "x", environment: map[string]string{}}
	if o, err := h.open(s).Observe(t.Context()); err != nil || o.Unserved != "" {
		t.Errorf("it says %q (%v)", o.Unserved, err)
	}
	h.configure(t, &lambda.UpdateFunctionConfigurationInput{
		MemorySize: aws.Int32(512), Environment: &types.Environment{Variables: map[string]string{"FOO": secret, "PASSWORD": "another"}},
	})
	h.clock.Advance(10e9)
	for _, c := range []struct {
		s    settings
		want string
	}{
		{s, "memory 128 → 512: serves nobody"},
		{settings{}, "+FOO, PASSWORD changed, memory 128 → 512: serves nobody"},
	} {
		if o, err := h.open(c.s).Observe(t.Context()); err != nil || o.Unserved != c.want {
			t.Errorf("it says %q (%v), want %q", o.Unserved, err, c.want)
		}
	}
}

// TestNoValueIsKept: what is known of a version is in what is remembered and
// shown, and no value is in that.
func TestNoValueIsKept(t *testing.T) {
	h := newHarness(t)
	a := h.open(settings{})
	_, err := a.Observe(t.Context(), h.new)
	h.must(t, err)
	of, err := a.Subject(t.Context(), h.new)
	h.must(t, err)
	all, err := json.Marshal([]any{a.latest.shape, a.versions, of.Facts, of.Env})
	h.must(t, err)
	if bytes.Contains(all, []byte(secret)) || !slices.Equal(of.Env, []string{"PASSWORD"}) {
		t.Errorf("kept: %s", all)
	}
	if bytes.Contains(all, []byte("never-to-be-fetched")) {
		t.Error("the address of the code is kept")
	}
}
