package prometheus

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
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
		Validate:   validate,
		Describe: func(ctx context.Context, object types.Object) gate.Description {
			b, _ := read(ctx, object)
			return gate.Description{Measures: "query", MinWindow: time.Second, Counts: !b.Samples.IsNull()}
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
				"`100 * sum(rate(http_requests_total{revision=\"{{revision}}\",code=~\"5..\"}[{{window}}])) / sum(rate(http_requests_total{revision=\"{{revision}}\"}[{{window}}]))`. " +
				"It is evaluated at the end of the window. Ranges are written as `[{{window}}]`.",
		},
		"samples": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "A PromQL query that returns how many requests the value stands on, such as " +
				"`sum(increase(http_requests_total{revision=\"{{revision}}\"}[{{window}}]))`. " +
				"Without it a value stands on one sample, so the gate's `min_samples` must not be more than 1.",
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
		out = append(out, check("query", b.Query.ValueString())...)
	}
	if !b.Samples.IsUnknown() && !b.Samples.IsNull() {
		out = append(out, check("samples", b.Samples.ValueString())...)
	}
	if b.TokenEnv.ValueString() != "" && b.BasicAuthEnv.ValueString() != "" {
		out = append(out, rollout.Problem{
			What: "Prometheus is given two credentials", Why: "token_env and basic_auth_env are both set, and a request carries one.", Fix: "Drop one of them.",
		})
	}
	return append(out, append(variable("token_env", b.TokenEnv), variable("basic_auth_env", b.BasicAuthEnv)...)...)
}

// address reads the server's address. What is not one is not quoted: it may hold
// a password.
func address(text string) (*url.URL, *rollout.Problem) {
	at, err := url.Parse(text)
	switch {
	case err != nil, at.Host == "", at.Scheme != "https" && at.Scheme != "http", at.RawQuery != "", at.Fragment != "":
		return nil, &rollout.Problem{
			What: "The url of Prometheus is not an address",
			Why:  "It has to be https://host[:port][/path] or http://…, without a query.",
			Fix:  `Write it like "https://prometheus.example.com".`,
		}
	case at.User != nil:
		return nil, &rollout.Problem{
			What: "The url of Prometheus holds a credential",
			Why:  "Whatever stands in configuration stands in plan files and state as well.",
			Fix:  "Put user:password into an environment variable, and its name into basic_auth_env.",
		}
	}
	return at, nil
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// variable looks at the name of an environment variable. What is none is not
// quoted: it may be the credential itself.
func variable(attribute string, v types.String) []rollout.Problem {
	if v.IsNull() || v.IsUnknown() || variableName.MatchString(v.ValueString()) {
		return nil
	}
	return []rollout.Problem{{
		What: attribute + " is not the name of an environment variable",
		Why:  "A name is letters, digits and underscores. The credential itself never stands in configuration.",
		Fix:  fmt.Sprintf(`Write it like %s = "PROMETHEUS_CREDENTIAL", and set that variable where Terraform runs.`, attribute),
	}}
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
	return &source{client: client, at: at.String(), query: b.Query.ValueString(), samples: b.Samples.ValueString(), credential: c}, nil
}
