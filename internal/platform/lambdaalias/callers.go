package lambdaalias

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// invokers returns who invokes the function without a qualifier, and who may
// invoke it so and may not invoke the alias.
func (t *alias) invokers(ctx context.Context) ([]rollout.Finding, error) {
	var out []rollout.Finding
	for _, look := range []func(context.Context) ([]string, error){t.mappings, t.functionURL} {
		who, err := look(ctx)
		if err != nil {
			return out, err
		}
		out = append(out, t.past(who)...)
	}
	open, err := t.policy(ctx, "")
	if err != nil {
		return out, err
	}
	who, err := t.integrations(ctx, open)
	if err != nil {
		return out, err
	}
	out = append(out, t.past(who)...)
	own, err := t.policy(ctx, t.alias)
	if err != nil {
		return out, err
	}
	return append(out, t.forbidden(open, own)...), nil
}

// past says of each that it does not follow the alias. Where a version is
// published here users would get what is not verified yet, and the plan is refused.
func (t *alias) past(who []string) []rollout.Finding {
	var out []rollout.Finding
	for _, w := range who {
		f := t.found(rollout.Failed)
		if t.settings.code() && !t.settings.allowsUnqualified {
			f = f.Because(msgUnqualified, "who", w, "alias", t.String())
		} else {
			f.Advisory = true
			f = f.Because(msgUnqualifiedElsewhere, "who", w, "alias", t.String())
		}
		out = append(out, f)
	}
	return out
}

// unqualified reports whether something that names a function by ARN names $LATEST of
// this one: without a qualifier, or by that name.
func (t *alias) unqualified(arn string) bool {
	return arn == t.functionARN() || arn == t.version(latestName)
}

// mappings are the event source mappings without a qualifier.
func (t *alias) mappings(ctx context.Context) ([]string, error) {
	var out []string
	for marker := (*string)(nil); ; {
		page, err := call(ctx, t, "list the event source mappings of "+t.functionARN(), func(ctx context.Context, c *lambda.Client) (*lambda.ListEventSourceMappingsOutput, error) {
			return c.ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{FunctionName: aws.String(t.functionARN()), Marker: marker})
		})
		if err != nil {
			return nil, err
		}
		for _, m := range page.EventSourceMappings {
			if t.unqualified(aws.ToString(m.FunctionArn)) && aws.ToString(m.State) != "Disabled" {
				out = append(out, "the event source mapping "+aws.ToString(m.UUID)+of(aws.ToString(m.EventSourceArn)))
			}
		}
		if marker = page.NextMarker; aws.ToString(marker) == "" {
			return out, nil
		}
	}
}

func of(source string) string {
	if source == "" {
		return ""
	}
	return " of " + source
}

// functionURL is the function's own URL, which invokes $LATEST.
func (t *alias) functionURL(ctx context.Context) ([]string, error) {
	_, err := call(ctx, t, "read the function URL of "+t.functionARN(), func(ctx context.Context, c *lambda.Client) (*lambda.GetFunctionUrlConfigOutput, error) {
		return c.GetFunctionUrlConfig(ctx, &lambda.GetFunctionUrlConfigInput{FunctionName: aws.String(t.functionARN())})
	})
	switch {
	case errors.Is(err, rollout.ErrGone):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return []string{"the function URL of the function (aws_lambda_function_url without qualifier)"}, nil
}

// statement is one permission of a function's or an alias's policy, as far as it
// says who may invoke it.
type statement struct {
	Sid, Effect string
	Principal   any
	Condition   map[string]map[string]any
}

// principal is the service or the account that may invoke.
func (s statement) principal() string {
	switch p := s.Principal.(type) {
	case string:
		return p
	case map[string]any:
		for _, kind := range []string{"Service", "AWS"} {
			if who, ok := p[kind].(string); ok {
				return who
			}
		}
	}
	return ""
}

// source is what the permission is narrowed to, "" for anything.
func (s statement) source() string {
	for _, values := range s.Condition {
		for key, v := range values {
			if arn, ok := v.(string); ok && strings.EqualFold(key, "aws:SourceArn") {
				return arn
			}
		}
	}
	return ""
}

func (s statement) who() string {
	if source := s.source(); source != "" {
		return s.principal() + " for " + source
	}
	return s.principal()
}

// policy reads who may invoke the function, or the alias; nobody where there is
// no policy. Each has one of its own
// (https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html).
func (t *alias) policy(ctx context.Context, qualifier string) ([]statement, error) {
	in := &lambda.GetPolicyInput{FunctionName: aws.String(t.functionARN())}
	if qualifier != "" {
		in.Qualifier = &qualifier
	}
	out, err := call(ctx, t, "read who may invoke "+strings.TrimSuffix(t.functionARN()+":"+qualifier, ":"), func(ctx context.Context, c *lambda.Client) (*lambda.GetPolicyOutput, error) {
		return c.GetPolicy(ctx, in)
	})
	switch {
	case errors.Is(err, rollout.ErrGone):
		return nil, nil
	case err != nil:
		return nil, err
	}
	var read struct{ Statement []statement }
	if err := json.Unmarshal([]byte(aws.ToString(out.Policy)), &read); err != nil {
		return nil, errors.New("read who may invoke " + t.functionARN() + ": the policy is no JSON that can be read")
	}
	return slices.DeleteFunc(read.Statement, func(s statement) bool { return s.Effect != "Allow" || s.principal() == "" }), nil
}

// forbidden are those who may invoke the function and may not invoke the alias.
func (t *alias) forbidden(open, own []statement) []rollout.Finding {
	var out []rollout.Finding
	for _, s := range open {
		if slices.ContainsFunc(own, func(o statement) bool {
			return o.principal() == s.principal() && (o.source() == "" || o.source() == s.source())
		}) {
			continue
		}
		source := ""
		if arn := s.source(); arn != "" {
			source = " --source-arn '" + arn + "'"
		}
		f := t.found(rollout.Failed)
		f.Advisory = true
		out = append(out, f.Because(msgNoPermission, "who", s.who(), "region", t.region, "function", t.function, "alias", t.alias,
			"statement", s.Sid, "principal", s.principal(), "source", source))
	}
	return out
}

// integrations are the methods and routes of APIs that call the function without
// a qualifier. Which APIs may is known from the function's own permissions: an API
// that assumes a role of its own is not found.
func (t *alias) integrations(ctx context.Context, open []statement) ([]string, error) {
	ids, whichever := t.apis(open)
	if whichever {
		all, err := t.everyAPI(ctx)
		if err != nil {
			return nil, err
		}
		ids = append(ids, all...)
	}
	slices.Sort(ids)
	var out []string
	for _, id := range slices.Compact(ids) {
		found, err := t.integrationsOf(ctx, id)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// apis are the APIs that permissions name; whichever reports that one is for any.
func (t *alias) apis(open []statement) (ids []string, whichever bool) {
	for _, s := range open {
		if s.principal() != "apigateway.amazonaws.com" {
			continue
		}
		// arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH
		parts := strings.SplitN(s.source(), ":", 6)
		id, _, _ := strings.Cut(parts[len(parts)-1], "/")
		if len(parts) < 6 || strings.ContainsAny(id, "*?") {
			whichever = true
		} else {
			ids = append(ids, id)
		}
	}
	return ids, whichever
}

func (t *alias) everyAPI(ctx context.Context) ([]string, error) {
	first, err := pages[struct{ ID string }](ctx, t, "/restapis", url.Values{"limit": {"500"}})
	if err != nil {
		return nil, err
	}
	second, err := pages[struct{ APIID string }](ctx, t, "/v2/apis", url.Values{"maxResults": {"500"}})
	if err != nil {
		return nil, err
	}
	var out []string
	for _, a := range first {
		out = append(out, a.ID)
	}
	for _, a := range second {
		out = append(out, a.APIID)
	}
	return out, nil
}

// pages reads a whole list of API Gateway. REST APIs call what is next a position
// and lists "item", HTTP APIs a token and "items"
// (https://docs.aws.amazon.com/apigateway/latest/api/API_GetRestApis.html,
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html).
func pages[T any](ctx context.Context, t *alias, path string, query url.Values) ([]T, error) {
	var out []T
	for {
		var page struct {
			Item, Items         []T
			Position, NextToken string
		}
		if err := t.gateway(ctx, path, query, &page); err != nil {
			return nil, err
		}
		out = slices.Concat(out, page.Item, page.Items)
		switch {
		case page.Position != "":
			query.Set("position", page.Position)
		case page.NextToken != "":
			query.Set("nextToken", page.NextToken)
		default:
			return out, nil
		}
	}
}

// integrationsOf reads one API, which is of one of two kinds: nothing tells which
// from its id. One that is gone calls nobody.
func (t *alias) integrationsOf(ctx context.Context, id string) ([]string, error) {
	second, err := pages[struct{ IntegrationID, IntegrationURI string }](ctx, t, "/v2/apis/"+id+"/integrations", url.Values{"maxResults": {"500"}})
	if errors.Is(err, rollout.ErrGone) {
		return t.methodsOf(ctx, id)
	}
	var out []string
	for _, i := range second {
		if t.unqualified(functionOf(i.IntegrationURI)) {
			out = append(out, "the integration "+i.IntegrationID+" of the HTTP API "+id)
		}
	}
	return out, err
}

// methodsOf reads a REST API.
func (t *alias) methodsOf(ctx context.Context, id string) ([]string, error) {
	type resource struct {
		Path            string
		ResourceMethods map[string]struct {
			MethodIntegration struct{ URI string }
		}
	}
	all, err := pages[resource](ctx, t, "/restapis/"+id+"/resources", url.Values{"embed": {"methods"}, "limit": {"500"}})
	if errors.Is(err, rollout.ErrGone) {
		return nil, nil
	}
	var out []string
	for _, r := range all {
		for verb, m := range r.ResourceMethods {
			if t.unqualified(functionOf(m.MethodIntegration.URI)) {
				out = append(out, verb+" "+r.Path+" of the REST API "+id)
			}
		}
	}
	slices.Sort(out)
	return out, err
}

// functionOf is the ARN of the function in the address of an integration
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-integration-types.html).
func functionOf(address string) string {
	if _, rest, ok := strings.Cut(address, ":lambda:path/2015-03-31/functions/"); ok {
		return strings.TrimSuffix(rest, "/invocations")
	}
	return address
}

func (t *alias) gateway(ctx context.Context, path string, query url.Values, out any) error {
	ctx, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	return cloud.AWSError("read "+path+" of API Gateway", t.clients.AWSRest(ctx, t.region, "apigateway", http.MethodGet, path, query, nil, out))
}
