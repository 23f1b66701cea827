package aws_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

var shop, live = sdk.String("shop"), sdk.String("live")

func (w *world) route(version string, weights map[string]float64) error {
	in := &lambda.UpdateAliasInput{FunctionName: shop, Name: live, RoutingConfig: &types.AliasRoutingConfiguration{AdditionalVersionWeights: weights}}
	if version != "" {
		in.FunctionVersion = &version
	}
	_, err := w.lambda().UpdateAlias(w.t.Context(), in)
	return err
}

// configure updates $LATEST and publishes it.
func (w *world) configure(in *lambda.UpdateFunctionConfigurationInput) string {
	w.t.Helper()
	in.FunctionName = shop
	ok[*lambda.UpdateFunctionConfigurationOutput](w.t)(w.lambda().UpdateFunctionConfiguration(w.t.Context(), in))
	return *ok[*lambda.PublishVersionOutput](w.t)(w.lambda().PublishVersion(w.t.Context(), &lambda.PublishVersionInput{FunctionName: shop})).Version
}

func TestAliasPointsAtTwoVersionsThatFitTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	w.shop()
	role := ok[string](t)(w.CreateRole(t.Context(), "other", "lambda.amazonaws.com", ""))
	queue := w.configure(&lambda.UpdateFunctionConfigurationInput{DeadLetterConfig: &types.DeadLetterConfig{TargetArn: sdk.String("arn:aws:sqs:eu-central-1:1:q")}})
	otherRole := w.configure(&lambda.UpdateFunctionConfigurationInput{Role: &role, DeadLetterConfig: &types.DeadLetterConfig{}})
	for _, x := range []struct {
		name, version string
		weights       map[string]float64
		code, text    string
	}{
		{"above 1", "1", map[string]float64{"2": 1.5}, "ValidationException", "less than or equal to 1.0"},
		{"below 0", "1", map[string]float64{"2": -0.1}, "ValidationException", "greater than or equal to 0.0"},
		{"two more", "1", map[string]float64{"2": 0.1, queue: 0.1}, "InvalidParameterValueException", "cannot be greater than 1"},
		{"the main version", "1", map[string]float64{"1": 0.1}, "InvalidParameterValueException", "already included"},
		{"$LATEST as the other", "1", map[string]float64{"$LATEST": 0.1}, "ValidationException", "[0-9]+"},
		{"$LATEST as the main", "$LATEST", map[string]float64{"2": 0.1}, "InvalidParameterValueException", "$LATEST is not supported"},
		{"one that is not there", "1", map[string]float64{"99": 0.1}, "ResourceNotFoundException", "function:shop:99"},
		{"a main version that is not there", "99", nil, "ResourceNotFoundException", "function:shop:99"},
		{"an alias as the version", "live", nil, "ValidationException", "functionVersion"},
		{"another role", "1", map[string]float64{otherRole: 0.1}, "InvalidParameterValueException", "same execution role"},
		{"another queue", "1", map[string]float64{queue: 0.1}, "InvalidParameterValueException", "dead-letter queue"},
	} {
		before := w.live()
		err := w.route(x.version, x.weights)
		if code(err) != x.code || !strings.Contains(err.Error(), x.text) {
			t.Errorf("%s: %v", x.name, err)
		}
		if after := w.live(); after.RevisionID != before.RevisionID {
			t.Errorf("%s: refused, and yet written: %+v", x.name, after)
		}
	}
	if err := w.route("1", map[string]float64{"2": 1}); err != nil {
		t.Errorf("all of it: %v", err)
	}
	_, err := w.lambda().CreateAlias(t.Context(), &lambda.CreateAliasInput{FunctionName: shop, Name: live, FunctionVersion: sdk.String("1")})
	if want := (*types.ResourceConflictException)(nil); !errors.As(err, &want) {
		t.Errorf("a second one of the name: %v", err)
	}
	for _, v := range []string{"1", "2"} {
		_, err = w.lambda().DeleteFunction(t.Context(), &lambda.DeleteFunctionInput{FunctionName: shop, Qualifier: &v})
		refused(t, err, "ResourceConflictException")
	}
	if _, err = w.lambda().DeleteFunction(t.Context(), &lambda.DeleteFunctionInput{FunctionName: shop, Qualifier: &queue}); err != nil {
		t.Errorf("a version that nobody needs: %v", err)
	}
	_, err = w.lambda().DeleteFunction(t.Context(), &lambda.DeleteFunctionInput{FunctionName: shop, Qualifier: sdk.String("$LATEST")})
	refused(t, err, "InvalidParameterValueException")
}

func TestProvisionedConcurrencyIsMovedTheOnlyWayThatWorks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{Provisions: time.Minute})
	w.shop()
	c, ctx := w.lambda(), t.Context()
	put := func(qualifier string, n int32) error {
		_, err := c.PutProvisionedConcurrencyConfig(ctx, &lambda.PutProvisionedConcurrencyConfigInput{FunctionName: shop, Qualifier: &qualifier, ProvisionedConcurrentExecutions: &n})
		return err
	}
	status := func(qualifier string) string {
		t.Helper()
		got := ok[*lambda.GetProvisionedConcurrencyConfigOutput](t)(c.GetProvisionedConcurrencyConfig(ctx, &lambda.GetProvisionedConcurrencyConfigInput{FunctionName: shop, Qualifier: &qualifier}))
		return fmt.Sprintf("%s %d/%d", got.Status, *got.AllocatedProvisionedConcurrentExecutions, *got.RequestedProvisionedConcurrentExecutions)
	}
	_, err := c.GetProvisionedConcurrencyConfig(ctx, &lambda.GetProvisionedConcurrencyConfigInput{FunctionName: shop, Qualifier: live})
	refused(t, err, "ProvisionedConcurrencyConfigNotFoundException")
	refused(t, put("$LATEST", 1), "InvalidParameterValueException")
	refused(t, put("nobody", 1), "ResourceNotFoundException")
	if err := put("live", 3); err != nil {
		t.Fatal(err)
	}
	if got := status("live"); got != "IN_PROGRESS 0/3" {
		t.Errorf("at first %s", got)
	}
	w.clock.elapse(time.Minute)
	if got := status("live"); got != "READY 3/3" {
		t.Errorf("later %s", got)
	}
	if err := put("live", 5); err != nil || status("live") != "IN_PROGRESS 3/5" {
		t.Errorf("more: %s %v", status("live"), err)
	}
	w.clock.elapse(time.Minute)
	refused(t, put("1", 1), "ResourceConflictException")
	refused(t, w.route("", map[string]float64{"2": 0.1}), "InvalidParameterValueException")
	if err := w.route("2", nil); err != nil {
		t.Fatal(err)
	}
	if got := status("live"); got != "IN_PROGRESS 0/5" {
		t.Errorf("moved %s", got)
	}
	if _, err := c.DeleteProvisionedConcurrencyConfig(ctx, &lambda.DeleteProvisionedConcurrencyConfigInput{FunctionName: shop, Qualifier: live}); err != nil {
		t.Fatal(err)
	}
	if err := put("1", 1); err != nil {
		t.Fatal(err)
	}
	if err := w.route("", map[string]float64{"1": 0.5}); err != nil {
		t.Errorf("concurrency of the version itself is no obstacle: %v", err)
	}
	refused(t, put("live", 1), "InvalidParameterValueException")
	if err := w.Break("shop", aws.Break{When: aws.OnProvision, Code: "x", Reason: "no capacity"}); err != nil {
		t.Fatal(err)
	}
	if err := put("2", 1); err != nil {
		t.Fatal(err)
	}
	w.clock.elapse(time.Minute)
	list := ok[*lambda.ListProvisionedConcurrencyConfigsOutput](t)(c.ListProvisionedConcurrencyConfigs(ctx, &lambda.ListProvisionedConcurrencyConfigsInput{FunctionName: shop}))
	if len(list.ProvisionedConcurrencyConfigs) != 2 || *list.ProvisionedConcurrencyConfigs[1].StatusReason != "no capacity" || status("2") != "FAILED 0/1" {
		t.Errorf("the list: %+v", list.ProvisionedConcurrencyConfigs)
	}
}

// asked invokes and returns version and payload, or the function's error.
func (w *world) asked(qualifier string) string {
	w.t.Helper()
	in := &lambda.InvokeInput{FunctionName: shop}
	if qualifier != "" {
		in.Qualifier = &qualifier
	}
	out, err := w.lambda().Invoke(w.t.Context(), in)
	if err != nil {
		return code(err)
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", sdk.ToString(out.ExecutedVersion), out.Payload, sdk.ToString(out.FunctionError)))
}

func TestInvocationsSeeOldOrNewNeverHalf(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{Updates: time.Minute, Creates: time.Minute})
	w.shop()
	if err := w.Handle("shop", func(in aws.Invocation) ([]byte, error) {
		if in.Environment["V"] == "bad" {
			return nil, errors.New("crash")
		}
		return json.Marshal(in.Environment["V"])
	}); err != nil {
		t.Fatal(err)
	}
	set := func(v string) {
		ok[*lambda.UpdateFunctionConfigurationOutput](t)(w.lambda().UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: shop, Environment: &types.Environment{Variables: map[string]string{"V": v}}}))
	}
	expect := func(what, qualifier, want string) {
		t.Helper()
		if got := w.asked(qualifier); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	set("3")
	expect("during the update", "", `$LATEST "2"`)
	w.clock.elapse(time.Minute)
	expect("after it", "", `$LATEST "3"`)
	expect("the alias", "live", `1 "1"`)
	if err := w.Break("shop", aws.Break{When: aws.OnUpdate, Code: "InvalidImage", Reason: "no such layer"}); err != nil {
		t.Fatal(err)
	}
	set("bad")
	w.clock.elapse(time.Minute)
	got := ok[*lambda.GetFunctionConfigurationOutput](t)(w.lambda().GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: shop}))
	if got.LastUpdateStatus != types.LastUpdateStatusFailed || got.LastUpdateStatusReasonCode != "InvalidImage" || *got.LastUpdateStatusReason != "no such layer" {
		t.Errorf("the failure: %s %s", got.LastUpdateStatus, got.LastUpdateStatusReasonCode)
	}
	expect("after a failed update", "", `$LATEST "3"`)
	v := ok[*lambda.PublishVersionOutput](t)(w.lambda().PublishVersion(t.Context(), &lambda.PublishVersionInput{FunctionName: shop}))
	expect("a version that is pending", *v.Version, "ResourceConflictException")
	w.clock.elapse(time.Minute)
	expect("a version of what failed", *v.Version, "ResourceConflictException")
	state := ok[*lambda.GetFunctionConfigurationOutput](t)(w.lambda().GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: shop, Qualifier: v.Version}))
	if state.State != types.StateFailed || *state.StateReason != "no such layer" {
		t.Errorf("the version: %s", state.State)
	}
	set("bad")
	w.clock.elapse(time.Minute)
	if got := w.asked(""); !strings.Contains(got, `"errorMessage":"crash"`) || !strings.HasSuffix(got, "Unhandled") {
		t.Errorf("a crash: %s", got)
	}
}

func TestPublishingChangesTheRevisionOfLatest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	w.shop()
	revision := func() string {
		return *ok[*lambda.GetFunctionConfigurationOutput](t)(w.lambda().GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: shop})).RevisionId
	}
	ok[*lambda.UpdateFunctionCodeOutput](t)(w.lambda().UpdateFunctionCode(t.Context(), &lambda.UpdateFunctionCodeInput{FunctionName: shop, ZipFile: []byte("v3")}))
	before := revision()
	if before != revision() {
		t.Error("a read changes it")
	}
	ok[*lambda.PublishVersionOutput](t)(w.lambda().PublishVersion(t.Context(), &lambda.PublishVersionInput{FunctionName: shop, RevisionId: &before}))
	if before == revision() {
		t.Error("it is the same after publishing")
	}
	_, err := w.lambda().UpdateFunctionCode(t.Context(), &lambda.UpdateFunctionCodeInput{FunctionName: shop, ZipFile: []byte("v4"), RevisionId: &before})
	refused(t, err, "PreconditionFailedException")
	for range 60 { // more than a page
		ok[string](t)(w.Publish("shop", []byte(fmt.Sprint(len(w.Versions("shop")))), nil))
	}
	n := 0
	for pages := lambda.NewListVersionsByFunctionPaginator(w.lambda(), &lambda.ListVersionsByFunctionInput{FunctionName: shop}); pages.HasMorePages(); {
		page := ok[*lambda.ListVersionsByFunctionOutput](t)(pages.NextPage(t.Context()))
		if len(page.Versions) > 50 || page.Versions[0].State != "" {
			t.Errorf("a page of %d with state %q", len(page.Versions), page.Versions[0].State)
		}
		n += len(page.Versions)
	}
	if n != 64 {
		t.Errorf("%d versions", n)
	}
}

func TestPermissionsAndAddressesBelongToAQualifier(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	w.shop()
	c, ctx := w.lambda(), t.Context()
	read := func(qualifier *string) (string, error) {
		out, err := c.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: shop, Qualifier: qualifier})
		if err != nil {
			return "", err
		}
		return *out.Policy, nil
	}
	in := &lambda.AddPermissionInput{
		FunctionName: shop, Qualifier: live, StatementId: sdk.String("api"), Action: sdk.String("lambda:InvokeFunction"),
		Principal: sdk.String("apigateway.amazonaws.com"), SourceArn: sdk.String("arn:aws:execute-api:eu-central-1:1:x/*"),
	}
	ok[*lambda.AddPermissionOutput](t)(c.AddPermission(ctx, in))
	_, err := c.AddPermission(ctx, in)
	refused(t, err, "ResourceConflictException")
	if _, err := read(nil); code(err) != "ResourceNotFoundException" {
		t.Errorf("the function's own: %v", err)
	}
	if got, err := read(live); err != nil || !strings.Contains(got, `:function:shop:live"`) || !strings.Contains(got, `{"Service":"apigateway.amazonaws.com"}`) || !strings.Contains(got, "AWS:SourceArn") {
		t.Errorf("the alias's: %s %v", got, err)
	}
	_, err = c.AddPermission(ctx, &lambda.AddPermissionInput{FunctionName: shop, Qualifier: sdk.String("9"), StatementId: sdk.String("x"), Action: sdk.String("lambda:InvokeFunction"), Principal: sdk.String("1")})
	refused(t, err, "ResourceNotFoundException")
	if _, err := c.RemovePermission(ctx, &lambda.RemovePermissionInput{FunctionName: shop, Qualifier: live, StatementId: sdk.String("api")}); err != nil {
		t.Fatal(err)
	}
	if _, err := read(live); code(err) != "ResourceNotFoundException" {
		t.Errorf("removed: %v", err)
	}

	url := ok[*lambda.CreateFunctionUrlConfigOutput](t)(c.CreateFunctionUrlConfig(ctx, &lambda.CreateFunctionUrlConfigInput{FunctionName: shop, AuthType: types.FunctionUrlAuthTypeNone}))
	_, err = c.GetFunctionUrlConfig(ctx, &lambda.GetFunctionUrlConfigInput{FunctionName: shop, Qualifier: live})
	refused(t, err, "ResourceNotFoundException")
	_, err = c.GetFunctionUrlConfig(ctx, &lambda.GetFunctionUrlConfigInput{FunctionName: shop, Qualifier: sdk.String("nobody")})
	refused(t, err, "ResourceNotFoundException")
	_, err = c.GetFunctionUrlConfig(ctx, &lambda.GetFunctionUrlConfigInput{FunctionName: shop, Qualifier: sdk.String("1")})
	refused(t, err, "ValidationException")
	_, err = c.CreateFunctionUrlConfig(ctx, &lambda.CreateFunctionUrlConfigInput{FunctionName: shop, Qualifier: sdk.String("nobody"), AuthType: types.FunctionUrlAuthTypeNone})
	refused(t, err, "ResourceNotFoundException")
	list := ok[*lambda.ListFunctionUrlConfigsOutput](t)(c.ListFunctionUrlConfigs(ctx, &lambda.ListFunctionUrlConfigsInput{FunctionName: shop}))
	if len(list.FunctionUrlConfigs) != 1 || *list.FunctionUrlConfigs[0].FunctionUrl != *url.FunctionUrl {
		t.Errorf("the list: %+v", list.FunctionUrlConfigs)
	}
}

func TestEventSourcesAreFoundByWhatTheyInvoke(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	w.shop()
	c, ctx := w.lambda(), t.Context()
	for _, name := range []string{"shop", "shop:live"} {
		ok[*lambda.CreateEventSourceMappingOutput](t)(c.CreateEventSourceMapping(ctx, &lambda.CreateEventSourceMappingInput{FunctionName: &name, EventSourceArn: sdk.String("arn:aws:sqs:eu-central-1:1:" + name[4:])}))
	}
	_, err := c.CreateEventSourceMapping(ctx, &lambda.CreateEventSourceMappingInput{FunctionName: sdk.String("shop:nobody"), EventSourceArn: sdk.String("arn:aws:sqs:eu-central-1:1:q")})
	refused(t, err, "ResourceNotFoundException")
	count := func(name string) int {
		return len(ok[*lambda.ListEventSourceMappingsOutput](t)(c.ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{FunctionName: &name})).EventSourceMappings)
	}
	if count("shop") != 2 || count("shop:live") != 1 || count("arn:aws:lambda:eu-central-1:"+w.Account()+":function:shop") != 2 || count("other") != 0 {
		t.Errorf("found %d by name, %d by alias", count("shop"), count("shop:live"))
	}
}

func TestNamesAndARNsMeanTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	w.shop()
	arn := "arn:aws:lambda:eu-central-1:" + w.Account() + ":function:shop"
	get := func(name, qualifier string) string {
		in := &lambda.GetFunctionInput{FunctionName: &name}
		if qualifier != "" {
			in.Qualifier = &qualifier
		}
		out, err := w.lambda().GetFunction(t.Context(), in)
		if err != nil {
			return code(err)
		}
		return *out.Configuration.Version + " " + strings.TrimPrefix(*out.Configuration.FunctionArn, arn)
	}
	for _, x := range []struct{ name, qualifier, want string }{
		{"shop", "", "$LATEST "},
		{"shop", "2", "2 :2"},
		{"shop:2", "", "2 :2"},
		{arn + ":live", "", "1 :live"},
		{arn, "live", "1 :live"},
		{w.Account() + ":function:shop", "", "$LATEST "},
		{"shop:2", "1", "InvalidParameterValueException"},
		{"shop", "99", "ResourceNotFoundException"},
		{"nobody", "", "ResourceNotFoundException"},
		{strings.Replace(arn, "eu-central-1", "us-east-1", 1), "", "ResourceNotFoundException"},
		{strings.Replace(arn, w.Account(), "123456789012", 1), "", "AccessDeniedException"},
	} {
		if got := get(x.name, x.qualifier); got != x.want {
			t.Errorf("%s %s: %q, want %q", x.name, x.qualifier, got, x.want)
		}
	}
}

func TestWhoWaitsForAnInvocationSeesItsLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	w.shop()
	runs := 0
	if err := w.Handle("shop", func(in aws.Invocation) ([]byte, error) {
		runs++
		in.Print("applied 3 migrations")
		in.Print(in.Context)
		return []byte(`"done"`), nil
	}); err != nil {
		t.Fatal(err)
	}
	in := &lambda.InvokeInput{
		FunctionName: shop, Qualifier: sdk.String("1"), Payload: []byte(`{}`), LogType: types.LogTypeTail,
		ClientContext: sdk.String(base64.StdEncoding.EncodeToString([]byte(`{"custom":{"a":"b"}}`))),
	}
	out := ok[*lambda.InvokeOutput](t)(w.lambda().Invoke(t.Context(), in))
	log, err := base64.StdEncoding.DecodeString(sdk.ToString(out.LogResult))
	if err != nil || !strings.Contains(string(log), "Version: 1\napplied 3 migrations\n{\"custom\":{\"a\":\"b\"}}\nEND RequestId") {
		t.Errorf("the log: %s %v", log, err)
	}
	in.LogType = types.LogTypeNone
	if out := ok[*lambda.InvokeOutput](t)(w.lambda().Invoke(t.Context(), in)); out.LogResult != nil {
		t.Error("a log that nobody asked for")
	}
	w.Fault(aws.Fault{Kind: aws.LostAnswer, Action: "lambda:Invoke", Times: 1})
	if _, err := w.lambda().Invoke(t.Context(), in); err == nil || runs != 3 {
		t.Errorf("an answer that is lost: %v after %d runs", err, runs)
	}
	in.Payload = []byte("{")
	_, err = w.lambda().Invoke(t.Context(), in)
	refused(t, err, "InvalidRequestContentException")
}
