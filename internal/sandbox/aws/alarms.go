package aws

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
)

// An alarm compares a metric with a threshold
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html).
type alarm struct {
	region  string
	config  alarmConfig
	state   string
	reason  string
	changed time.Time
	updated time.Time
}

// alarmConfig is what PutMetricAlarm takes
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html).
type alarmConfig struct {
	AlarmName, AlarmDescription, MetricName, Namespace      string
	Statistic, ExtendedStatistic, Unit                      string
	ComparisonOperator, TreatMissingData, ThresholdMetricId string
	EvaluateLowSampleCountPercentile                        string
	ActionsEnabled                                          *bool
	OKActions, AlarmActions, InsufficientDataActions        []string
	Dimensions                                              []dimension
	Period, EvaluationPeriods, DatapointsToAlarm            int
	Threshold                                               *float64
	Metrics                                                 []dataQuery
	Tags                                                    []struct{ Key, Value string }
}

// The states of an alarm.
const (
	AlarmOK      = "OK"
	InAlarm      = "ALARM"
	Insufficient = "INSUFFICIENT_DATA"
)

func (s *Sandbox) alarmARN(region, name string) string {
	return "arn:aws:cloudwatch:" + region + ":" + s.account + ":alarm:" + name
}

func onAlarm(s *Sandbox, r *request) []string {
	return []string{s.alarmARN(r.region, r.param("AlarmName"))}
}

func onAlarms(s *Sandbox, r *request) []string {
	var out []string
	for _, n := range r.params("AlarmNames") {
		out = append(out, s.alarmARN(r.region, n))
	}
	if len(out) == 0 {
		out = []string{s.alarmARN(r.region, "*")}
	}
	return out
}

func (s *Sandbox) putMetricAlarm(_ context.Context, r *request) (*answer, error) {
	var c alarmConfig
	if err := r.parse(&c); err != nil {
		return nil, err
	}
	if c.AlarmName == "" || c.EvaluationPeriods < 1 || compareTo(c.ComparisonOperator) == nil {
		return nil, badMetrics("The alarm %q needs AlarmName, EvaluationPeriods and a ComparisonOperator with a threshold.", c.AlarmName)
	}
	if c.Threshold == nil {
		return nil, unknownRequest{"PutMetricAlarm: a threshold that is no number"}
	}
	s.figures.watch.Lock()
	defer s.figures.watch.Unlock()
	if s.figures.alarms == nil {
		s.figures.alarms = map[string]*alarm{}
	}
	arn := s.alarmARN(r.region, c.AlarmName)
	a := s.figures.alarms[arn]
	if a == nil {
		a = &alarm{region: r.region, state: Insufficient, reason: "Unchecked: Initial alarm creation", changed: s.now()}
		s.figures.alarms[arn] = a
	}
	a.config, a.updated = c, s.now()
	return inTree(r, map[string]any{}), nil
}

// compareTo is a comparison with a number; nil for those with a band.
func compareTo(operator string) func(value, threshold float64) bool {
	return map[string]func(v, t float64) bool{
		"GreaterThanOrEqualToThreshold": func(v, t float64) bool { return v >= t },
		"GreaterThanThreshold":          func(v, t float64) bool { return v > t },
		"LessThanThreshold":             func(v, t float64) bool { return v < t },
		"LessThanOrEqualToThreshold":    func(v, t float64) bool { return v <= t },
	}[operator]
}

// check evaluates an alarm on the periods that have ended. One whose metric has
// never had data keeps the state that it was set to (modelled, so that a test can
// set it); any other forgets such a state at the next look, as AWS does.
func (s *Sandbox) check(a *alarm) error {
	queries := a.queries()
	known := false
	for _, q := range queries {
		if m := q.MetricStat; m != nil {
			known = known || s.figures.visible(a.region, figureOf(m.Metric.Namespace, m.Metric.MetricName, dimensions(m.Metric.Dimensions))) != nil
		}
	}
	if !known {
		return nil
	}
	period, err := commonPeriod(queries)
	if err != nil {
		return err
	}
	n := a.config.EvaluationPeriods
	to := s.now().Truncate(period)
	from := to.Add(-time.Duration(n) * period)
	results, err := s.metrics(a.region, queries, from, to)
	if err != nil {
		return err
	}
	if len(results) != 1 {
		return badMetrics("The alarm %s does not watch exactly one time series.", a.config.AlarmName)
	}
	a.judge(results[0].values, from, period, s.now())
	return nil
}

// queries are what the alarm watches, as GetMetricData would be asked.
func (a *alarm) queries() []dataQuery {
	c := a.config
	if len(c.Metrics) > 0 {
		return c.Metrics
	}
	q := dataQuery{Id: "m1"}
	q.MetricStat = &struct {
		Metric struct {
			Namespace, MetricName string
			Dimensions            []dimension
		}
		Period     int
		Stat, Unit string
	}{Period: c.Period, Stat: c.Statistic + c.ExtendedStatistic, Unit: c.Unit}
	q.MetricStat.Metric.Namespace, q.MetricStat.Metric.MetricName, q.MetricStat.Metric.Dimensions = c.Namespace, c.MetricName, c.Dimensions
	return []dataQuery{q}
}

// judge counts breaching periods: DatapointsToAlarm of EvaluationPeriods, with
// those that miss counted as TreatMissingData says
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html).
func (a *alarm) judge(values line, from time.Time, period time.Duration, now time.Time) {
	breaching, good := 0, 0
	for i := range a.config.EvaluationPeriods {
		v, ok := values[from.Add(time.Duration(i)*period)]
		switch {
		case ok && compareTo(a.config.ComparisonOperator)(v, *a.config.Threshold), !ok && a.config.TreatMissingData == "breaching":
			breaching++
		case ok, a.config.TreatMissingData == "notBreaching":
			good++
		}
	}
	need := a.config.DatapointsToAlarm
	if need == 0 {
		need = a.config.EvaluationPeriods
	}
	state := a.state
	switch {
	case breaching >= need, breaching > 0 && good == 0 && a.config.TreatMissingData != "ignore":
		state = InAlarm // all that is there is bad: the documentation's row "- - - - X"
	case good > 0 || breaching > 0:
		state = AlarmOK
	case a.config.TreatMissingData != "ignore":
		state = Insufficient
	}
	if state != a.state {
		a.state, a.changed, a.reason = state, now, "Threshold Crossed"
	}
}

func (s *Sandbox) describeAlarms(_ context.Context, r *request) (*answer, error) {
	var q struct {
		AlarmNames, AlarmTypes                               []string
		AlarmNamePrefix, StateValue, ActionPrefix, NextToken string
		MaxRecords                                           int
	}
	if err := r.parse(&q); err != nil {
		return nil, err
	}
	s.figures.watch.Lock()
	defer s.figures.watch.Unlock()
	known := inOrder(s.figures.alarms)
	all := []any{}
	for _, a := range known {
		name := a.config.AlarmName
		if a.region != r.region || len(q.AlarmNames) > 0 && !slices.Contains(q.AlarmNames, name) || !strings.HasPrefix(name, q.AlarmNamePrefix) {
			continue
		}
		if len(q.AlarmTypes) > 0 && !slices.Contains(q.AlarmTypes, "MetricAlarm") {
			continue
		}
		if err := s.check(a); err != nil {
			return nil, err
		}
		if q.StateValue == "" || q.StateValue == a.state {
			all = append(all, s.shownAlarm(a))
		}
	}
	size := s.o.PageSize
	if q.MaxRecords > 0 {
		size = min(size, q.MaxRecords)
	}
	return s.pageOf(r, "MetricAlarms", all, q.NextToken, size)
}

func (s *Sandbox) shownAlarm(a *alarm) map[string]any {
	c := a.config
	enabled := c.ActionsEnabled == nil || *c.ActionsEnabled
	out := map[string]any{
		"AlarmName": c.AlarmName, "AlarmArn": s.alarmARN(a.region, c.AlarmName), "ActionsEnabled": enabled,
		"OKActions": anyList(c.OKActions), "AlarmActions": anyList(c.AlarmActions), "InsufficientDataActions": anyList(c.InsufficientDataActions),
		"EvaluationPeriods": c.EvaluationPeriods, "Threshold": *c.Threshold, "ComparisonOperator": c.ComparisonOperator,
		"StateValue": a.state, "StateReason": a.reason, "StateUpdatedTimestamp": a.changed, "StateTransitionedTimestamp": a.changed,
		"AlarmConfigurationUpdatedTimestamp": a.updated,
	}
	for field, value := range map[string]string{
		"AlarmDescription": c.AlarmDescription, "MetricName": c.MetricName, "Namespace": c.Namespace, "Statistic": c.Statistic,
		"ExtendedStatistic": c.ExtendedStatistic, "Unit": c.Unit, "TreatMissingData": c.TreatMissingData,
		"EvaluateLowSampleCountPercentile": c.EvaluateLowSampleCountPercentile,
	} {
		if value != "" {
			out[field] = value
		}
	}
	for field, value := range map[string]int{"Period": c.Period, "DatapointsToAlarm": c.DatapointsToAlarm} {
		if value != 0 {
			out[field] = value
		}
	}
	out["Dimensions"] = shownDimensions(figureOf("", "", dimensions(c.Dimensions)))
	out["Metrics"] = shownQueries(c.Metrics)
	return out
}

func shownQueries(queries []dataQuery) []any {
	out := []any{}
	for _, q := range queries {
		one := map[string]any{"Id": q.Id, "ReturnData": q.ReturnData == nil || *q.ReturnData}
		if q.Label != "" {
			one["Label"] = q.Label
		}
		if q.Period != 0 {
			one["Period"] = q.Period
		}
		if q.Expression != "" {
			one["Expression"] = q.Expression
		}
		if m := q.MetricStat; m != nil {
			metric := map[string]any{
				"Namespace": m.Metric.Namespace, "MetricName": m.Metric.MetricName,
				"Dimensions": shownDimensions(figureOf("", "", dimensions(m.Metric.Dimensions))),
			}
			one["MetricStat"] = map[string]any{"Metric": metric, "Period": m.Period, "Stat": m.Stat}
		}
		out = append(out, one)
	}
	return out
}

func anyList(texts []string) []any {
	out := []any{}
	for _, t := range texts {
		out = append(out, t)
	}
	return out
}

func (s *Sandbox) setAlarmState(_ context.Context, r *request) (*answer, error) {
	var q struct{ AlarmName, StateValue, StateReason, StateReasonData string }
	if err := r.parse(&q); err != nil {
		return nil, err
	}
	if !slices.Contains([]string{AlarmOK, InAlarm, Insufficient}, q.StateValue) {
		return nil, badMetrics("The value %s for parameter StateValue is not one of OK, ALARM, INSUFFICIENT_DATA.", q.StateValue)
	}
	s.figures.watch.Lock()
	defer s.figures.watch.Unlock()
	a := s.figures.alarms[s.alarmARN(r.region, q.AlarmName)]
	if a == nil {
		return nil, fail(http.StatusNotFound, "ResourceNotFound", "Alarm not found: %s", q.AlarmName)
	}
	a.state, a.reason, a.changed = q.StateValue, q.StateReason, s.now()
	return inTree(r, map[string]any{}), nil
}

func (s *Sandbox) deleteAlarms(_ context.Context, r *request) (*answer, error) {
	s.figures.watch.Lock()
	defer s.figures.watch.Unlock()
	for _, name := range r.params("AlarmNames") {
		delete(s.figures.alarms, s.alarmARN(r.region, name))
	}
	return inTree(r, map[string]any{}), nil
}

func (s *Sandbox) alarmTags(_ context.Context, r *request) (*answer, error) {
	s.figures.watch.Lock()
	defer s.figures.watch.Unlock()
	a := s.figures.alarms[r.param("ResourceARN")]
	if a == nil {
		return nil, fail(http.StatusNotFound, "ResourceNotFoundException", "The alarm does not exist")
	}
	tags := []any{}
	for _, t := range a.config.Tags {
		tags = append(tags, map[string]any{"Key": t.Key, "Value": t.Value})
	}
	return inTree(r, map[string]any{"Tags": tags}), nil
}

// CreateAlarm makes an alarm in a state that it keeps, as its metric has no data.
func (s *Sandbox) CreateAlarm(name, state string) {
	s.figures.watch.Lock()
	defer s.figures.watch.Unlock()
	if s.figures.alarms == nil {
		s.figures.alarms = map[string]*alarm{}
	}
	limit := 1.0
	s.figures.alarms[s.alarmARN(s.o.Region, name)] = &alarm{
		region: s.o.Region, state: state, reason: "set by a test", changed: s.now(), updated: s.now(),
		config: alarmConfig{
			AlarmName: name, Namespace: "Sandbox", MetricName: "Nothing", Statistic: "Sum", Period: 60, EvaluationPeriods: 1,
			Threshold: &limit, ComparisonOperator: "GreaterThanThreshold",
		},
	}
}

// SetAlarm is a foreign writer: it sets the state of an alarm.
func (s *Sandbox) SetAlarm(name, state string) bool {
	s.figures.watch.Lock()
	defer s.figures.watch.Unlock()
	a := s.figures.alarms[s.alarmARN(s.o.Region, name)]
	if a != nil {
		a.state, a.changed = state, s.now()
	}
	return a != nil
}
