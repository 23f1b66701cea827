package cloudwatch

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Kind returns the gate kind "cloudwatch".
func Kind() gate.Kind {
	return gate.Kind{
		Name: "cloudwatch",
		Doc: "Asks Amazon CloudWatch: one of the metrics that it knows by name, or metrics and metric math of your own, with the revision in their dimensions. " +
			"The gate's window is a minute at least, and covers the minutes that begin in it. Data arrive late and are waited for: for `delay` and the first window of a step the gate has no data, so `bake` or `wait_for` has to be longer. " +
			"All gates of all resources that ask about the same minutes share one call to CloudWatch.",
		Attributes: attributes(),
		Blocks:     map[string]schema.Block{"query": querySchema()},
		Messages:   messages(),
		Permissions: []cloud.Permission{
			{Action: "cloudwatch:GetMetricData", Resource: "*", Phase: cloud.AtPlan},
		},
		Validate: func(ctx context.Context, object types.Object) []rollout.Problem {
			_, problems := read(ctx, object)
			return problems
		},
		Describe: describe,
		Open:     open,
	}
}

func attributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"metric": text("What to measure: `lambda_errors`, the share of a version's invocations through the alias that ended with an error, in percent; `lambda_latency_p95`, the time within which 95 % of them ended, in milliseconds; " +
			"`target_5xx`, the share of requests that the targets of a group answered 5xx, in percent; `target_latency_p95`, the time within which they answered 95 %, in milliseconds. Samples are requests. " +
			"What a load balancer answers itself, such as 502 and 503 where no target does, is counted by no target group: have an `http` gate beside it. Exactly one of `metric` and `query` is given."),
		"expression": text("Which query is the value: its id, or [metric math](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html) over ids, such as `\"100 * errors / requests\"`. " +
			"It is computed once, over the whole window. `METRICS`, `SEARCH` and what else asks for more than the queries of the gate is refused. Default: the query, if there is one."),
		"samples": text("How many requests the value stands on: the id of a query, or metric math. Without it a value stands on one sample, so the gate's `min_samples` must not be more than 1. " +
			"A gate with `count` needs it: what is absent is 0 only if there were requests."),
		"delay":  text("How long after the fact everything can be seen, the minute in which it is counted included. Default: `\"3m\"`, and of Lambda as much more as the function may take, for what it runs is counted in the minute in which it began. AWS promises no time."),
		"region": text("The region of the metrics. Default: where the revision is."),
	}
}

func querySchema() schema.ListNestedBlock {
	return schema.ListNestedBlock{
		MarkdownDescription: "A statistic of one metric, over the window.",
		NestedObject: schema.NestedBlockObject{Attributes: map[string]schema.Attribute{
			"id":        text("The name of the query in `expression` and `samples`. It begins with a small letter. A single query needs none."),
			"namespace": schema.StringAttribute{Required: true, MarkdownDescription: "The namespace of the metric, such as `AWS/Lambda`."},
			"name":      schema.StringAttribute{Required: true, MarkdownDescription: "The name of the metric, such as `Duration`."},
			"statistic": schema.StringAttribute{Required: true, MarkdownDescription: "`Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount`, or a percentile such as `p95` or `p99.9`."},
			"dimensions": schema.MapAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "The dimensions of the metric, all that it has: CloudWatch takes the same metric with another dimension more for another metric. `{{revision}}` and what else the platform says of the revision stands for it: " +
					"`{{function}}`, `{{alias}}`, `{{version}}` of Lambda, `{{load_balancer}}` and `{{target_group}}`, as dimensions have them, of a load balancer, and `{{account}}`, `{{region}}`, `{{content}}`, `{{image}}`, `{{code}}`, `{{log_group}}`, `{{service}}`, `{{location}}`, `{{project}}` where there are such.",
			},
		}},
	}
}

func text(doc string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: doc}
}

type block struct {
	Metric     types.String `tfsdk:"metric"`
	Expression types.String `tfsdk:"expression"`
	Samples    types.String `tfsdk:"samples"`
	Delay      types.String `tfsdk:"delay"`
	Region     types.String `tfsdk:"region"`
	Query      types.List   `tfsdk:"query"`
}

type queryBlock struct {
	ID         types.String `tfsdk:"id"`
	Namespace  types.String `tfsdk:"namespace"`
	Name       types.String `tfsdk:"name"`
	Statistic  types.String `tfsdk:"statistic"`
	Dimensions types.Map    `tfsdk:"dimensions"`
}

// parsed is a block, as far as it is known.
type parsed struct {
	block
	queries   []queryBlock
	templates []map[string]web.Template
	open      bool // something of the queries is not known
}

// given reports whether a value is there and known.
func given(v types.String) bool { return !v.IsNull() && !v.IsUnknown() }

// read returns what stands in the block, and what is wrong with it. What is not
// known is not wrong.
func read(ctx context.Context, object types.Object) (parsed, []rollout.Problem) {
	var p parsed
	if object.IsNull() || object.IsUnknown() {
		unknown := types.StringUnknown()
		return parsed{block: block{Metric: unknown, Expression: unknown, Samples: unknown, Delay: unknown, Region: unknown}, open: true}, nil
	}
	if object.As(ctx, &p.block, basetypes.ObjectAsOptions{}).HasError() {
		return p, []rollout.Problem{msgUnreadable.With()}
	}
	p.open = p.Query.IsUnknown()
	if !p.open && p.Query.ElementsAs(ctx, &p.queries, false).HasError() {
		return p, []rollout.Problem{msgUnreadable.With()}
	}
	switch {
	case p.Metric.IsNull() && !p.asks():
		return p, []rollout.Problem{msgNothingAsked.With()}
	case given(p.Metric) && p.asks():
		return p, []rollout.Problem{msgTwoQuestions.With()}
	}
	out := p.checkNames()
	for _, q := range p.queries {
		t, problems := q.read()
		p.templates, out = append(p.templates, t), append(out, problems...)
	}
	out = append(out, p.checkIDs()...)
	if _, problem := p.delay(); problem != nil {
		out = append(out, *problem)
	}
	return p, out
}

// asks reports whether there are queries, or may be.
func (p parsed) asks() bool { return p.open || len(p.queries) > 0 }

// checkNames looks at the metric, and at what goes with queries alone.
func (p parsed) checkNames() []rollout.Problem {
	var out []rollout.Problem
	if _, known := readyMetrics()[p.Metric.ValueString()]; !known && given(p.Metric) {
		out = append(out, msgUnknownMetric.With("metric", p.Metric.ValueString(), "metrics", strings.Join(slices.Sorted(maps.Keys(readyMetrics())), ", ")))
	}
	for _, a := range []struct {
		name  string
		value types.String
	}{{"expression", p.Expression}, {"samples", p.Samples}} {
		if !a.value.IsNull() && !p.asks() {
			m := msgWithoutQuery.With("attribute", a.name)
			m.At = a.name
			out = append(out, m)
		}
	}
	return out
}

var (
	idForm        = lazyregexp.New(`^[a-z][A-Za-z0-9_]*$`)
	statisticForm = lazyregexp.New(`^(Sum|Average|Minimum|Maximum|SampleCount|p([0-9]{1,2}(\.[0-9]{1,10})?|100))$`)
)

// read looks at one query.
func (q queryBlock) read() (map[string]web.Template, []rollout.Problem) {
	var out []rollout.Problem
	if id := q.ID.ValueString(); given(q.ID) && (!idForm.MatchString(id) || strings.HasPrefix(id, "rollout_")) {
		out = append(out, msgBadID.With("id", id))
	}
	for _, a := range []struct {
		name, example string
		value         types.String
	}{{"namespace", `namespace = "AWS/Lambda"`, q.Namespace}, {"name", `name = "Duration"`, q.Name}} {
		if given(a.value) && strings.TrimSpace(a.value.ValueString()) == "" {
			out = append(out, msgEmpty.With("attribute", a.name, "example", a.example))
		}
	}
	if v := q.Statistic.ValueString(); given(q.Statistic) && !statisticForm.MatchString(v) {
		out = append(out, msgStatistic.With("value", v))
	}
	templates := map[string]web.Template{}
	for name, v := range q.Dimensions.Elements() {
		value, ok := v.(types.String)
		if !ok || !given(value) {
			continue
		}
		t, ok := web.ParseTemplate(value.ValueString())
		if !ok || !cloud.IsAWSFact(t.Names()...) {
			out = append(out, msgPlaceholder.With("dimension", name, "placeholders", cloud.AWSPlaceholders()))
		}
		templates[name] = t
	}
	return templates, out
}

// checkIDs holds what expression and samples name against the queries.
func (p parsed) checkIDs() []rollout.Problem {
	var out []rollout.Problem
	ids, open := map[string]bool{}, p.open
	for _, q := range p.queries {
		id := q.ID.ValueString()
		switch {
		case q.ID.IsUnknown():
			open = true
		case id == "" && len(p.queries) > 1:
			out = append(out, msgNoID.With())
		case ids[id]:
			out = append(out, msgTwoIDs.With("id", id))
		}
		ids[id] = true
	}
	if p.Expression.IsNull() && len(p.queries) > 1 {
		out = append(out, msgNoExpression.With("count", len(p.queries)))
	}
	if p.asks() && !open {
		out = append(out, checkMath("expression", p.Expression, ids)...)
		out = append(out, checkMath("samples", p.Samples, ids)...)
	}
	if p.Samples.IsNull() && slices.Contains(words(p.Expression.ValueString()), "FILL") {
		out = append(out, msgAbsentIsZero.With())
	}
	return out
}

// elsewhere are the functions that ask for more than the queries of an expression
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html).
var elsewhere = []string{
	"METRICS", "METRIC_COUNT", "SEARCH", "SELECT", "LAMBDA", "ANOMALY_DETECTION_BAND", "INSIGHT_RULE_METRIC", "DB_PERF_INSIGHTS", "SERVICE_QUOTA",
}

// checkMath looks at the words of metric math.
func checkMath(name string, v types.String, ids map[string]bool) []rollout.Problem {
	var out []rollout.Problem
	if given(v) && strings.TrimSpace(v.ValueString()) == "" {
		out = append(out, msgUnknownID.With("attribute", name, "id", ""))
	}
	for _, word := range words(v.ValueString()) {
		switch {
		case slices.Contains(elsewhere, strings.ToUpper(word)) && !ids[word]:
			out = append(out, msgFunction.With("attribute", name, "function", word))
		case 'a' <= word[0] && word[0] <= 'z' && !ids[word]:
			out = append(out, msgUnknownID.With("attribute", name, "id", word))
		}
	}
	for i := range out {
		out[i].At = name
	}
	return out
}

// words are the names in metric math, without texts.
func words(expression string) []string {
	var out []string
	for _, m := range cloud.MetricMathWords.FindAllStringSubmatch(expression, -1) {
		if c := m[0][0]; c != '"' && c != '\'' {
			out = append(out, m[0])
		}
	}
	return out
}

// delay is what is given; nil where it is not, or not known yet.
func (p parsed) delay() (*time.Duration, *rollout.Problem) {
	if !given(p.Delay) {
		return nil, nil //nolint:nilnil // neither is what it says
	}
	d, err := time.ParseDuration(p.Delay.ValueString())
	if err != nil || d < sample {
		return nil, msgNoDelay.Found("value", p.Delay.ValueString())
	}
	return &d, nil
}

func describe(ctx context.Context, object types.Object) gate.Description {
	p, _ := read(ctx, object) // what is wrong is told by Validate
	out := gate.Description{MinWindow: sample, Measures: p.Metric.ValueString()}
	if p.Metric.IsNull() && p.asks() {
		out.Measures = "query"
	}
	known := readyMetrics()[p.Metric.ValueString()]
	out.Unit = known.unit
	out.Countable = p.Metric.IsNull() && !p.Samples.IsNull()
	out.Counts = out.Countable || !p.Metric.IsNull()
	out.Everybody = !p.open && len(p.queries) > 0 && !p.namesRevision()
	return out
}

// namesRevision reports whether a dimension tells one revision from another, or
// may.
func (p parsed) namesRevision() bool {
	for i, q := range p.queries {
		if q.Dimensions.IsUnknown() {
			return true
		}
		for name, v := range q.Dimensions.Elements() {
			if v.IsUnknown() || i < len(p.templates) && cloud.IsOfRevision(p.templates[i][name].Names()...) {
				return true
			}
		}
	}
	return false
}

func open(ctx context.Context, object types.Object, clients *cloud.Clients) (rollout.Source, error) {
	p, problems := read(ctx, object)
	if len(problems) > 0 {
		return nil, problems[0]
	}
	s := &source{clients: clients, region: p.Region.ValueString()}
	s.given, _ = p.delay() // read has looked at it
	if metric := p.Metric.ValueString(); metric != "" {
		s.know(metric)
		return s, nil
	}
	s.what = "a query"
	a := p.into(s)
	s.measure = a.measure
	if a.samples == "" {
		return s, nil
	}
	return counter{s, a.count}, nil
}

// know makes it the source of a metric that the block knows by name.
func (s *source) know(metric string) {
	r := readyMetrics()[metric]
	s.what, s.measure, s.slow = `metric = "`+metric+`"`, r.measure, r.slow
	dimensions := map[string]web.Template{}
	for name, value := range r.dimensions {
		dimensions[name], _ = web.ParseTemplate(value)
	}
	for _, q := range r.queries {
		s.queries = append(s.queries, templated{q, dimensions})
	}
}

// into adds the queries of the block to a source, and returns which of them are
// its value and its samples. Those are asked for; the others are hidden.
func (p parsed) into(s *source) chosen {
	single := "rollout_one"
	for i, q := range p.queries {
		id := q.ID.ValueString()
		if id == "" {
			id = single
		}
		s.slow = s.slow || q.Namespace.ValueString() == "AWS/Lambda"
		s.queries = append(s.queries, templated{
			cloud.MetricQuery{ID: id, Namespace: q.Namespace.ValueString(), Name: q.Name.ValueString(), Statistic: q.Statistic.ValueString(), Hidden: true},
			p.templates[i],
		})
	}
	var a chosen
	if p.Expression.IsNull() {
		a.value = s.shown(s.queries[0].ID, "")
	} else {
		a.value = s.shown(strings.TrimSpace(p.Expression.ValueString()), "rollout_value")
	}
	if !p.Samples.IsNull() {
		a.samples = s.shown(strings.TrimSpace(p.Samples.ValueString()), "rollout_samples")
	}
	return a
}

// shown asks for the query of an id, or for an expression, which gets one.
func (s *source) shown(id, otherwise string) string {
	for i, q := range s.queries {
		if q.ID == id {
			s.queries[i].Hidden = false
			return id
		}
	}
	s.queries = append(s.queries, templated{MetricQuery: cloud.MetricQuery{ID: otherwise, Expression: id}})
	return otherwise
}
