package cloudwatchlogs

import (
	"context"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const usualDelay = time.Minute

// longest is how long a pattern may be
// (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html).
const longest = 1024

// Kind returns the gate kind "cloudwatch_logs".
func Kind() gate.Kind {
	return gate.Kind{
		Name: "cloudwatch_logs",
		Doc: "Counts the entries that a revision wrote to Amazon CloudWatch Logs, by a filter pattern. Samples are the requests of the revision that were logged: no entries are 0 only if there were requests in that window, and no data otherwise. " +
			"Of a version of Lambda its own log streams are looked at, and requests are the starts that Lambda logs; of anything else `requests` says what one looks like, and `streams` or the patterns name the revision. " +
			"Entries are counted; their texts are neither kept nor shown. Where there may be more entries than are counted, the gate can fail and never passes.",
		Attributes: map[string]schema.Attribute{
			"filter": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "Which entries to count: a [filter pattern](https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html), such as `\"payment failed\"` within quotes, or `{ $.level = \"ERROR\" }`. " +
					"In it and in the attributes below `{{revision}}`, `{{content}}`, `{{version}}`, `{{function}}`, `{{target_group}}` and what else the platform says of the revision stand for it.",
			},
			"requests":  text("A filter pattern for a line that every request writes. Default, of a version of Lambda: the start of an invocation, which functions whose system logs have the level `WARN` do not write."),
			"log_group": text("The name of the log group. Default, of a version of Lambda: where it logs."),
			"streams":   text("What the names of the revision's log streams begin with. Default, of a version of Lambda: its own."),
			"delay":     text("How long after the fact entries can be seen. Default `\"1m\"`: AWS promises no time, and it is a few seconds as a rule. What comes later counts as long as the gate's window reaches back to it."),
			"region":    text("The region of the log group. Default: where the revision is."),
		},
		Blocks:   map[string]schema.Block{},
		Messages: messages(),
		Permissions: []cloud.Permission{
			{Action: "logs:FilterLogEvents", Resource: "arn:{partition}:logs:{region}:{account}:log-group:{log_group}:*", Phase: cloud.AtPlan},
		},
		Validate: func(ctx context.Context, object types.Object) []rollout.Problem {
			_, problems := read(ctx, object)
			return problems
		},
		Describe: func(context.Context, types.Object) gate.Description {
			return gate.Description{Measures: "entries", MinWindow: time.Second, Counts: true, Most: mostRequests, Countable: true}
		},
		Open: func(ctx context.Context, object types.Object, clients *cloud.Clients) (rollout.Source, error) {
			s, problems := read(ctx, object)
			if len(problems) > 0 {
				return nil, problems[0]
			}
			s.clients = clients
			return s, nil
		},
	}
}

func text(doc string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: doc}
}

type block struct {
	Filter   types.String `tfsdk:"filter"`
	Requests types.String `tfsdk:"requests"`
	LogGroup types.String `tfsdk:"log_group"`
	Streams  types.String `tfsdk:"streams"`
	Delay    types.String `tfsdk:"delay"`
	Region   types.String `tfsdk:"region"`
}

// read returns the source; what is not known is not wrong.
func read(ctx context.Context, object types.Object) (*source, []rollout.Problem) {
	s := &source{delay: usualDelay}
	var b block
	if object.IsNull() || object.IsUnknown() || object.As(ctx, &b, basetypes.ObjectAsOptions{}).HasError() {
		return s, nil
	}
	var out []rollout.Problem
	for _, a := range []struct {
		name, example string
		value         types.String
		into          **web.Template
	}{
		{"filter", `filter = "{ $.level = \"ERROR\" }"`, b.Filter, &s.filter},
		{"requests", `requests = "{ $.event = \"request\" }"`, b.Requests, &s.requests},
		{"log_group", `log_group = "/shop/api"`, b.LogGroup, &s.group},
		{"streams", `streams = "api/{{revision}}/"`, b.Streams, &s.streams},
	} {
		t, problem := template(a.name, a.example, a.value)
		if problem != nil {
			out = append(out, *problem)
		}
		*a.into = t
	}
	if v := b.Delay; !v.IsNull() && !v.IsUnknown() {
		d, err := time.ParseDuration(v.ValueString())
		if err != nil || d < 0 {
			out = append(out, msgNoDelay.With("value", v.ValueString()))
		}
		s.delay = d
	}
	s.region = b.Region.ValueString()
	return s, out
}

// template reads a text that may name the revision; nil where there is none.
func template(name, example string, v types.String) (*web.Template, *rollout.Problem) {
	if v.IsNull() || v.IsUnknown() {
		return nil, nil //nolint:nilnil // neither is what it says
	}
	var problem *rollout.Problem
	t, ok := web.ParseTemplate(v.ValueString())
	switch {
	case strings.TrimSpace(v.ValueString()) == "":
		problem = msgEmpty.Found("attribute", name, "example", example)
	case len(v.ValueString()) > longest:
		problem = msgLong.Found("attribute", name, "length", rollout.Count(len(v.ValueString())), "most", rollout.Count(longest))
	case !ok || !cloud.IsAWSFact(t.Names()...):
		problem = msgPlaceholder.Found("attribute", name, "placeholders", cloud.AWSPlaceholders())
	}
	if problem != nil {
		problem.At = name
	}
	return &t, problem
}
