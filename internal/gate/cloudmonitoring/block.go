package cloudmonitoring

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/promql"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// metrics are what the block's metric may be.
var metrics = map[string]measure{
	"error_rate":  {unit: "%", metric: requestCount, requests: true},
	"latency_p50": {"ms", requestLatencies, monitoringpb.Aggregation_REDUCE_PERCENTILE_50, 1, true},
	"latency_p95": {"ms", requestLatencies, monitoringpb.Aggregation_REDUCE_PERCENTILE_95, 1, true},
	"latency_p99": {"ms", requestLatencies, monitoringpb.Aggregation_REDUCE_PERCENTILE_99, 1, true},
	"cpu":         {"%", cpuUtilization, monitoringpb.Aggregation_REDUCE_PERCENTILE_95, 100, false},
	"memory":      {"%", memoryUtilization, monitoringpb.Aggregation_REDUCE_PERCENTILE_95, 100, false},
}

// Kind returns the gate kind "cloud_monitoring".
func Kind() gate.Kind {
	return gate.Kind{
		Name: "cloud_monitoring",
		Doc: "Asks Cloud Monitoring about a Cloud Run revision: the share of its requests that was answered 5xx, a percentile of their latency, how much its instances use of their CPU and memory, " +
			"or a query of your own in PromQL. Samples are requests; of `cpu` and `memory` they are readings of instances, one an instance and minute; of a query they are what `samples` returns. " +
			"Cloud Run counts no request that reached no instance, such as those it answers itself with 429 or 503 where instances do not start in time: have an `http` gate beside it. The gate's window is a minute at least. Data arrive some minutes late, by as much as the metric's descriptor says, and are waited for: " +
			"for the first minute of a step and that delay the gate has no data, so `bake` or `wait_for` has to be longer. " +
			"It needs the permissions `monitoring.timeSeries.list` and `monitoring.metricDescriptors.get`, which `roles/monitoring.viewer` has.",
		Attributes: attributes(),
		Blocks:     map[string]schema.Block{},
		Messages:   messages(),
		Validate:   validate,
		Describe: func(ctx context.Context, object types.Object) gate.Description {
			b := read(ctx, object)
			m := metrics[b.Metric.ValueString()]
			sampled := m.metric == "" && !b.Samples.IsNull()
			return gate.Description{
				Measures: b.measures(), Unit: m.unit, MinWindow: shortest, Counts: m.requests || sampled || b.Metric.IsUnknown(), Countable: sampled,
				Everybody: given(b.Query) && promql.OfEverybody(b.Query.ValueString()),
			}
		},
		Open: open,
	}
}

func attributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"metric": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "What to measure: `error_rate`, the share of requests answered 5xx, in percent; `latency_p50`, `latency_p95`, `latency_p99`, " +
				"the time within which that share of all requests was answered, in milliseconds; or `cpu`, `memory`, what its instances use of theirs, in percent: 95 % of all readings are at or below it. " +
				"Exactly one of `metric` and `query` is given.",
		},
		"query": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "A query in PromQL that returns one number, asked of the service's own project, such as " +
				"`sum(max_over_time({\"run.googleapis.com/container/instance_count\",location=\"{{location}}\",revision_name=\"{{revision}}\"}[{{window}}]))`. " +
				"`{{window}}` stands for the length of the gate's window, and `{{revision}}`, `{{service}}`, `{{location}}`, `{{project}}`, `{{content}}` and `{{image}}` for what the platform calls the revision. " +
				"Ranges are written as `[{{window}}]`. An empty answer, NaN and infinities are no data.",
		},
		"samples": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "A query in PromQL that returns how many requests the value of `query` stands on, such as " +
				"`sum(increase({\"run.googleapis.com/request_count\",location=\"{{location}}\",revision_name=\"{{revision}}\"}[{{window}}]))`. " +
				"Without it a value stands on one sample, so the gate's `min_samples` must not be more than 1.",
		},
		"delay": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "How long after the fact everything that `query` asks for can be seen: how often the metric is sampled and how long it then takes to show, which " +
				"[Google's list of metrics](https://cloud.google.com/monitoring/api/metrics_gcp) says of each. Default: as late as Cloud Run's own count of requests, by its descriptor.",
		},
	}
}

// measures is what the block asks for in one word, "" where that is not known.
func (b block) measures() string {
	if b.Metric.IsNull() && !b.Query.IsNull() {
		return "query"
	}
	return b.Metric.ValueString()
}

type block struct {
	Metric  types.String `tfsdk:"metric"`
	Query   types.String `tfsdk:"query"`
	Samples types.String `tfsdk:"samples"`
	Delay   types.String `tfsdk:"delay"`
}

// read returns what stands in the block; all of it is unknown where the block is.
func read(ctx context.Context, object types.Object) block {
	var b block
	if object.IsNull() || object.IsUnknown() || object.As(ctx, &b, basetypes.ObjectAsOptions{}).HasError() {
		unknown := types.StringUnknown()
		return block{unknown, unknown, unknown, unknown}
	}
	return b
}

func validate(ctx context.Context, object types.Object) []rollout.Problem {
	b := read(ctx, object)
	switch {
	case b.Metric.IsNull() && b.Query.IsNull():
		return []rollout.Problem{msgNothingAsked.With()}
	case given(b.Metric) && given(b.Query):
		return []rollout.Problem{msgTwoQuestions.With()}
	}
	out := b.checkQueries()
	if b.Samples.IsNull() {
		out = append(out, promql.CheckAbsence("query", b.Query.ValueString())...)
	}
	if _, known := metrics[b.Metric.ValueString()]; !known && given(b.Metric) {
		out = append(out, msgUnknownMetric.With("metric", b.Metric.ValueString(), "metrics", strings.Join(slices.Sorted(maps.Keys(metrics)), ", ")))
	}
	if _, problem := duration(b.Delay); problem != nil {
		out = append(out, *problem)
	}
	return out
}

// given reports whether a value is there and known.
func given(v types.String) bool { return !v.IsNull() && !v.IsUnknown() }

// checkQueries looks at the queries, and at what goes with a query alone.
func (b block) checkQueries() []rollout.Problem {
	var out []rollout.Problem
	for _, a := range []struct {
		name  string
		value types.String
		query bool
	}{{"query", b.Query, true}, {"samples", b.Samples, true}, {"delay", b.Delay, false}} {
		if a.query && given(a.value) {
			out = append(out, promql.Check(a.name, a.value.ValueString())...)
		}
		if !a.value.IsNull() && b.Query.IsNull() {
			p := msgWithoutQuery.With("attribute", a.name)
			p.At = a.name
			out = append(out, p)
		}
	}
	return out
}

// duration reads delay; 0 where there is none yet.
func duration(v types.String) (time.Duration, *rollout.Problem) {
	if v.IsNull() || v.IsUnknown() {
		return 0, nil
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
	if b.Query.IsNull() {
		m := metrics[b.Metric.ValueString()]
		return &source{measure: m, timings: newTimings(clients, m.metric)}, nil
	}
	delay, _ := duration(b.Delay) // validate has looked at it
	return &query{
		Queries: promql.Queries{Value: b.Query.ValueString(), Samples: b.Samples.ValueString()},
		timings: newTimings(clients, requestCount), given: !b.Delay.IsNull(), delay: delay,
	}, nil
}
