package prometheus

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/promql"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Kind returns the gate kind "prometheus".
func Kind() gate.Kind {
	return gate.Kind{
		Name: "prometheus",
		Doc: "Asks a Prometheus server, or whatever speaks its HTTP API, a query of your own. The value is the one number that it returns. " +
			"In a query, `{{window}}` stands for the length of the gate's window, and `{{revision}}`, `{{service}}`, `{{location}}`, `{{project}}`, `{{content}}` and `{{image}}` for what the platform calls the revision. " +
			"An empty answer, NaN and infinities are no data.",
		Attributes: attributes(),
		Blocks:     map[string]schema.Block{},
		Messages:   messages(),
		Validate:   validate,
		Describe: func(ctx context.Context, object types.Object) gate.Description {
			b, _ := read(ctx, object)
			return gate.Description{
				Measures: "query", MinWindow: time.Second, Counts: !b.Samples.IsNull(), Countable: !b.Samples.IsNull(),
				Everybody: !b.Query.IsUnknown() && promql.OfEverybody(b.Query.ValueString()),
			}
		},
		Open: open,
	}
}

func attributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"url": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "The server's address, without `/api/v1`: `https://prometheus.example.com`. It holds no credential.",
		},
		"query": schema.StringAttribute{
			Required: true,
			MarkdownDescription: "A PromQL query that returns one number, such as " +
				"`100 * (sum(rate(http_requests_total{revision=\"{{revision}}\",code=~\"5..\"}[{{window}}])) or vector(0)) / sum(rate(http_requests_total{revision=\"{{revision}}\"}[{{window}}]))`. " +
				"It is evaluated at the end of the window. Ranges are written as `[{{window}}]`.",
		},
		"samples": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "A PromQL query that returns how many requests the value stands on, such as " +
				"`sum(increase(http_requests_total{revision=\"{{revision}}\"}[{{window}}]))`. " +
				"Without it a value stands on one sample, so the gate's `min_samples` must not be more than 1. A gate with `count` needs it.",
		},
		"token_env": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The name of the environment variable that holds a bearer token. Default: `" + usualToken + "`, if that is set.",
		},
		"basic_auth_env": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The name of the environment variable that holds `user:password` for basic authentication.",
		},
	}
}

type block struct {
	URL          types.String `tfsdk:"url"`
	Query        types.String `tfsdk:"query"`
	Samples      types.String `tfsdk:"samples"`
	TokenEnv     types.String `tfsdk:"token_env"`
	BasicAuthEnv types.String `tfsdk:"basic_auth_env"`
}

func read(ctx context.Context, object types.Object) (block, bool) {
	var b block
	if object.IsNull() || object.IsUnknown() {
		return b, false
	}
	return b, !object.As(ctx, &b, basetypes.ObjectAsOptions{}).HasError()
}

func validate(ctx context.Context, object types.Object) []rollout.Problem {
	b, ok := read(ctx, object)
	if !ok {
		return nil
	}
	var out []rollout.Problem
	if !b.URL.IsUnknown() {
		if _, problem := address(b.URL.ValueString()); problem != nil {
			out = append(out, *problem)
		}
	}
	if !b.Query.IsUnknown() {
		out = append(out, promql.Check("query", b.Query.ValueString())...)
	}
	if b.Samples.IsNull() {
		out = append(out, promql.CheckAbsence("query", b.Query.ValueString())...)
	} else if !b.Samples.IsUnknown() {
		out = append(out, promql.Check("samples", b.Samples.ValueString())...)
	}
	if b.TokenEnv.ValueString() != "" && b.BasicAuthEnv.ValueString() != "" {
		out = append(out, msgTwoCredentials.With())
	}
	return append(out, append(variable("token_env", b.TokenEnv), variable("basic_auth_env", b.BasicAuthEnv)...)...)
}

// address reads the server's address. What is not one is not quoted: it may hold
// a password.
func address(text string) (*url.URL, *rollout.Problem) {
	at, err := url.Parse(text)
	switch {
	case err != nil, at.Host == "", at.Scheme != "https" && at.Scheme != "http", at.RawQuery != "", at.Fragment != "":
		return nil, msgNoAddress.Found()
	case at.User != nil:
		return nil, msgCredentialInAddress.Found()
	}
	return at, nil
}

// variable looks at the name of an environment variable. What is none is not
// quoted: it may be the credential itself.
func variable(attribute string, v types.String) []rollout.Problem {
	if v.IsNull() || v.IsUnknown() || web.IsVariable(v.ValueString()) {
		return nil
	}
	return []rollout.Problem{msgNoVariable.With("attribute", attribute)}
}

// open returns the source. A credential that is named and missing is told here,
// before anything is written.
func open(ctx context.Context, object types.Object, clients *cloud.Clients) (rollout.Source, error) {
	if problems := validate(ctx, object); len(problems) > 0 {
		return nil, problems[0]
	}
	b, _ := read(ctx, object)
	at, problem := address(b.URL.ValueString())
	if problem != nil {
		return nil, *problem
	}
	c, err := find(b.TokenEnv.ValueString(), b.BasicAuthEnv.ValueString())
	if err != nil {
		return nil, err
	}
	client, err := connect(at, c, clients.HTTP())
	if err != nil {
		return nil, err
	}
	return &source{
		engine: promql.Engine{
			Client: client, Name: "Prometheus at " + at.String(), Page: "the server's own page",
			Denied: func(status int) string { return fmt.Sprintf("it answered %d to a request with %s", status, c.name) },
		},
		queries:    promql.Queries{Value: b.Query.ValueString(), Samples: b.Samples.ValueString()},
		credential: c,
	}, nil
}
