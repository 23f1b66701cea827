package cloudmonitoring

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// metrics are what the block's metric may be.
var metrics = map[string]struct {
	unit, metric string
	percentile   monitoringpb.Aggregation_Reducer
}{
	"error_rate":  {"%", requestCount, 0},
	"latency_p50": {"ms", requestLatencies, monitoringpb.Aggregation_REDUCE_PERCENTILE_50},
	"latency_p95": {"ms", requestLatencies, monitoringpb.Aggregation_REDUCE_PERCENTILE_95},
	"latency_p99": {"ms", requestLatencies, monitoringpb.Aggregation_REDUCE_PERCENTILE_99},
}

// Kind returns the gate kind "cloud_monitoring".
func Kind() gate.Kind {
	return gate.Kind{
		Name: "cloud_monitoring",
		Doc: "Asks Cloud Monitoring what it counted of the requests to a Cloud Run revision: the share that was answered 5xx, or a percentile of latency. " +
			"Samples are requests. The gate's window is a minute at least. Data arrive some minutes late, by as much as the metric's descriptor says, and are waited for: " +
			"for the first minute of a step and that delay the gate has no data, so `bake` or `wait_for` has to be longer. " +
			"It needs the permissions `monitoring.timeSeries.list` and `monitoring.metricDescriptors.get`, which `roles/monitoring.viewer` has.",
		Attributes: map[string]schema.Attribute{
			"metric": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "What to measure: `error_rate`, the share of requests answered 5xx, in percent; or `latency_p50`, `latency_p95`, `latency_p99`, " +
					"the time within which that share of all requests was answered, in milliseconds.",
			},
		},
		Blocks:   map[string]schema.Block{},
		Validate: validate,
		Describe: func(ctx context.Context, object types.Object) gate.Description {
			metric := read(ctx, object).ValueString()
			return gate.Description{Measures: metric, Unit: metrics[metric].unit, MinWindow: shortest, Counts: true}
		},
		Open: func(ctx context.Context, object types.Object, clients *cloud.Clients) (rollout.Source, error) {
			if problems := validate(ctx, object); len(problems) > 0 {
				return nil, problems[0]
			}
			m := metrics[read(ctx, object).ValueString()]
			return &source{clients: clients, metric: m.metric, percentile: m.percentile, timing: map[string]timing{}}, nil
		},
	}
}

type block struct {
	Metric types.String `tfsdk:"metric"`
}

// read returns metric; it is unknown where the block is.
func read(ctx context.Context, object types.Object) types.String {
	var b block
	if object.IsNull() || object.IsUnknown() || object.As(ctx, &b, basetypes.ObjectAsOptions{}).HasError() {
		return types.StringUnknown()
	}
	return b.Metric
}

func validate(ctx context.Context, object types.Object) []rollout.Problem {
	metric := read(ctx, object)
	if _, known := metrics[metric.ValueString()]; known || metric.IsUnknown() {
		return nil
	}
	return []rollout.Problem{{
		What: "The metric of a cloud_monitoring gate is not known",
		Why:  fmt.Sprintf("%q is none of %s.", metric.ValueString(), strings.Join(slices.Sorted(maps.Keys(metrics)), ", ")),
		Fix:  `Write it like metric = "error_rate".`,
	}}
}
