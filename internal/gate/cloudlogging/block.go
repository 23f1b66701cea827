package cloudlogging

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const usualDelay = 30 * time.Second

// Kind returns the gate kind "cloud_logging".
func Kind() gate.Kind {
	return gate.Kind{
		Name: "cloud_logging",
		Doc: "Counts the entries that a Cloud Run revision wrote to Cloud Logging, by severity and by a filter of your own. Samples are the requests of the revision that Cloud Run logged: " +
			"no entries are 0 only if there were requests in that window, and no data otherwise, so the request log (`run.googleapis.com/requests`) must not be excluded by a sink. " +
			"Entries are counted and never read: no text of a log is asked for. At most 5,000 are counted, and 1,000 requests; where there may be more entries, the gate can fail and never passes. " +
			"Cloud Logging takes 60 reads a minute of a project, of everybody together; an evaluation is two, and they wait their turn: use a longer `interval`, and a `window` as long, where there are many such gates. Entries that an exclusion filter drops are not there to be counted. " +
			"It needs the permission `logging.logEntries.list`, which `roles/logging.viewer` has.",
		Attributes: map[string]schema.Attribute{
			"severity": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Count entries of this severity and of higher ones: " + strings.Join(quoted(severities), ", ") + ". " +
					"A request that was answered 5xx is logged as `ERROR`, one that was answered 4xx as `WARNING`.",
			},
			"filter": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Count entries that this admits, in the [Logging query language](https://cloud.google.com/logging/docs/view/logging-query-language), such as " +
					"`jsonPayload.event = \"payment_failed\"` or `log_id(\"run.googleapis.com/stderr\") AND textPayload : \"payment error\"`. The revision, the window and `severity` are added to it. " +
					"At least one of `severity` and `filter` is given.",
			},
			"delay": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "How long after the fact entries can be seen. Default `\"30s\"`: Google promises no time, and it is a few seconds as a rule. " +
					"What comes later counts as long as the gate's window reaches back to it.",
			},
		},
		Blocks:   map[string]schema.Block{},
		Messages: messages(),
		Validate: validate,
		Describe: func(context.Context, types.Object) gate.Description {
			return gate.Description{Measures: "entries", MinWindow: time.Second, Counts: true, Most: mostRequests, Countable: true}
		},
		Open: open,
	}
}

// severities are google.logging.type.LogSeverity, but DEFAULT, which stands for
// none.
var severities = []string{"DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"}

func quoted(words []string) []string {
	var out []string
	for _, w := range words {
		out = append(out, "`"+w+"`")
	}
	return out
}

type block struct {
	Severity types.String `tfsdk:"severity"`
	Filter   types.String `tfsdk:"filter"`
	Delay    types.String `tfsdk:"delay"`
}

// read returns what stands in the block; all of it is unknown where the block is.
func read(ctx context.Context, object types.Object) block {
	var b block
	if object.IsNull() || object.IsUnknown() || object.As(ctx, &b, basetypes.ObjectAsOptions{}).HasError() {
		unknown := types.StringUnknown()
		return block{unknown, unknown, unknown}
	}
	return b
}

func validate(ctx context.Context, object types.Object) []rollout.Problem {
	b := read(ctx, object)
	var out []rollout.Problem
	if b.Severity.IsNull() && b.Filter.IsNull() {
		out = append(out, msgEverything.With())
	}
	if s := b.Severity; !s.IsNull() && !s.IsUnknown() && !slices.Contains(severities, s.ValueString()) {
		out = append(out, msgUnknownSeverity.With("severity", s.ValueString(), "severities", strings.Join(severities, ", ")))
	}
	if f := b.Filter; !f.IsNull() && !f.IsUnknown() {
		if problem := checkFilter(f.ValueString()); problem != nil {
			out = append(out, *problem)
		}
	}
	if _, problem := duration(b.Delay); problem != nil {
		out = append(out, *problem)
	}
	return out
}

// duration reads delay.
func duration(v types.String) (time.Duration, *rollout.Problem) {
	if v.IsNull() || v.IsUnknown() {
		return usualDelay, nil
	}
	d, err := time.ParseDuration(v.ValueString())
	if err != nil || d < 0 {
		return 0, msgNoDelay.Found("value", v.ValueString())
	}
	return d, nil
}

func open(ctx context.Context, object types.Object, clients *cloud.Clients) (rollout.Source, error) {
	if problems := validate(ctx, object); len(problems) > 0 {
		return nil, problems[0]
	}
	b := read(ctx, object)
	delay, _ := duration(b.Delay) // validate has looked at it
	return &source{clients: clients, severity: b.Severity.ValueString(), filter: b.Filter.ValueString(), delay: delay}, nil
}
