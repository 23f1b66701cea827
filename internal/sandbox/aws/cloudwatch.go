package aws

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cloudwatchActions: metrics have no ARN, alarms do
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html).
var cloudwatchActions = map[string]action{
	"PutMetricData":       {do: (*Sandbox).putMetricData, mapped: true},
	"GetMetricData":       {do: (*Sandbox).getMetricData, mapped: true},
	"GetMetricStatistics": {do: (*Sandbox).getMetricStatistics, mapped: true},
	"ListMetrics":         {do: (*Sandbox).listMetrics, mapped: true},
	"PutMetricAlarm":      {on: onAlarm, do: (*Sandbox).putMetricAlarm, mapped: true},
	"DescribeAlarms":      {on: onAlarms, do: (*Sandbox).describeAlarms, mapped: true},
	"SetAlarmState":       {on: onAlarm, do: (*Sandbox).setAlarmState, mapped: true},
	"DeleteAlarms":        {on: onAlarms, do: (*Sandbox).deleteAlarms, mapped: true},
	"ListTagsForResource": {on: onParameter("ResourceARN"), do: (*Sandbox).alarmTags, mapped: true},
}

type dimension struct{ Name, Value string }

func dimensions(list []dimension) map[string]string {
	out := map[string]string{}
	for _, d := range list {
		out[d.Name] = d.Value
	}
	return out
}

func shownDimensions(of figure) []any {
	out, dims := []any{}, of.dims()
	for _, name := range slices.Sorted(maps.Keys(dims)) {
		out = append(out, map[string]any{"Name": name, "Value": dims[name]})
	}
	return out
}

func (s *Sandbox) putMetricData(_ context.Context, r *request) (*answer, error) {
	var q struct {
		Namespace  string
		MetricData []struct {
			MetricName, Unit string
			Dimensions       []dimension
			Timestamp        time.Time
			Value            *float64
			Values, Counts   []float64
			StatisticValues  *struct{ Maximum, Minimum, SampleCount, Sum float64 }

			StorageResolution int
		}
	}
	if err := r.parse(&q); err != nil {
		return nil, err
	}
	if q.Namespace == "" || strings.HasPrefix(q.Namespace, "AWS/") {
		return nil, fail(http.StatusBadRequest, "InvalidParameterValue", "The value %s for parameter Namespace is invalid.", q.Namespace)
	}
	for _, m := range q.MetricData {
		of, at := figureOf(q.Namespace, m.MetricName, dimensions(m.Dimensions)), m.Timestamp
		if at.IsZero() {
			at = s.now()
		}
		if m.StorageResolution != 1 {
			at = at.Truncate(time.Minute)
		}
		switch v := m.StatisticValues; {
		case v != nil:
			s.figures.put(r.region, of, datum{at: at, n: v.SampleCount, set: true, sum: v.Sum, low: v.Minimum, top: v.Maximum, unit: m.Unit})
		case m.Value != nil:
			s.figures.put(r.region, of, datum{at: at, n: 1, value: *m.Value, unit: m.Unit})
		}
		for i, v := range m.Values {
			n := 1.0
			if i < len(m.Counts) {
				n = m.Counts[i]
			}
			s.figures.put(r.region, of, datum{at: at, n: n, value: v, unit: m.Unit})
		}
	}
	return inTree(r, map[string]any{}), nil
}

// A dataQuery is one of GetMetricData or of an alarm
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html).
type dataQuery struct {
	Id, Expression, Label string
	Period                int
	ReturnData            *bool
	MetricStat            *struct {
		Metric struct {
			Namespace, MetricName string
			Dimensions            []dimension
		}
		Period     int
		Stat, Unit string
	}
}

var queryID = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]*$`)

// maxQueries is how many one GetMetricData may have
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html).
const maxQueries = 500

func badMetrics(format string, args ...any) error {
	return fail(http.StatusBadRequest, "ValidationError", format, args...)
}

func (s *Sandbox) getMetricData(_ context.Context, r *request) (*answer, error) {
	var q struct {
		MetricDataQueries  []dataQuery
		StartTime, EndTime time.Time
		ScanBy, NextToken  string
		MaxDatapoints      int
	}
	if err := r.parse(&q); err != nil {
		return nil, err
	}
	switch {
	case len(q.MetricDataQueries) == 0:
		return nil, badMetrics("The parameter MetricDataQueries is required.")
	case len(q.MetricDataQueries) > maxQueries:
		return nil, badMetrics("The collection MetricDataQueries must not have a size greater than %d.", maxQueries)
	case !q.StartTime.Before(q.EndTime):
		return nil, badMetrics("The parameter StartTime must be less than the parameter EndTime.")
	}
	results, err := s.metrics(r.region, q.MetricDataQueries, q.StartTime, q.EndTime)
	if err != nil {
		return nil, err
	}
	return pageOfMetrics(r, results, q.ScanBy == "TimestampAscending", q.NextToken, q.MaxDatapoints)
}

// A metricResult is one series that a query returns.
type metricResult struct {
	id, label string
	values    line
}

// metrics answers queries that may refer to each other. Times are rounded down to
// the minute, or to the period where that is shorter.
func (s *Sandbox) metrics(region string, queries []dataQuery, from, to time.Time) ([]metricResult, error) {
	period, err := commonPeriod(queries)
	if err != nil {
		return nil, err
	}
	unit := min(period, time.Minute)
	e := &evaluation{from: from.Truncate(unit), to: to, period: period}
	b := &batch{sandbox: s, region: region, evaluation: e, queries: map[string]dataQuery{}, done: map[string]quantity{}, busy: map[string]bool{}}
	e.byID, e.metrics = b.get, b.all
	for _, q := range queries {
		if _, twice := b.queries[q.Id]; twice || !queryID.MatchString(q.Id) {
			return nil, badMetrics("The value %q for parameter MetricDataQueries.member.Id is not unique, or does not begin with a lower-case letter.", q.Id)
		}
		if (q.MetricStat == nil) == (q.Expression == "") {
			return nil, badMetrics("The query %s needs either MetricStat or Expression.", q.Id)
		}
		b.queries[q.Id], b.order = q, append(b.order, q.Id)
	}
	var out []metricResult
	for _, q := range queries {
		got, err := b.get(q.Id)
		if err != nil {
			return nil, err
		}
		if q.ReturnData != nil && !*q.ReturnData {
			continue
		}
		if got.scalar {
			return nil, badMetrics("The expression %s does not return a time series.", q.Id)
		}
		for _, l := range got.lines {
			out = append(out, metricResult{q.Id, q.label(), l})
		}
	}
	return out, nil
}

func (q dataQuery) label() string {
	switch {
	case q.Label != "":
		return q.Label
	case q.MetricStat != nil:
		return q.MetricStat.Metric.MetricName
	}
	return q.Id
}

// commonPeriod is the one that all queries have: the sandbox does not know what
// math does with several.
func commonPeriod(queries []dataQuery) (time.Duration, error) {
	seconds := 0
	for _, q := range queries {
		p := q.Period
		if q.MetricStat != nil {
			p = q.MetricStat.Period
		}
		if p == 0 && q.Expression != "" {
			continue
		}
		if !slices.Contains([]int{1, 5, 10, 20, 30}, p) && (p <= 0 || p%60 != 0) {
			return 0, badMetrics("The value %d for parameter Period is not 1, 5, 10, 20, 30 or a multiple of 60.", p)
		}
		if seconds != 0 && p != seconds {
			return 0, unknownRequest{"GetMetricData: queries with different periods"}
		}
		seconds = p
	}
	if seconds == 0 {
		return 0, badMetrics("The parameter Period is required.")
	}
	return time.Duration(seconds) * time.Second, nil
}

// batch evaluates queries once each, in the order in which they need each other.
type batch struct {
	sandbox *Sandbox
	region  string
	*evaluation
	queries map[string]dataQuery
	order   []string
	done    map[string]quantity
	busy    map[string]bool
}

func (b *batch) get(id string) (quantity, error) {
	if got, ok := b.done[id]; ok {
		return got, nil
	}
	q, ok := b.queries[id]
	if !ok || b.busy[id] {
		return quantity{}, badMetrics("Error in expression: the id %s is not defined, or depends on itself.", id)
	}
	b.busy[id] = true
	if strings.Contains(q.Label, "${") {
		return quantity{}, unknownRequest{"GetMetricData: the dynamic label " + q.Label}
	}
	got, err := b.evaluate(q)
	b.done[id] = got
	return got, err
}

func (b *batch) evaluate(q dataQuery) (quantity, error) {
	if q.MetricStat == nil {
		return b.calculate(q.Expression)
	}
	m := q.MetricStat
	data := b.sandbox.figures.visible(b.region, figureOf(m.Metric.Namespace, m.Metric.MetricName, dimensions(m.Metric.Dimensions)))
	if m.Unit != "" {
		data = slices.DeleteFunc(data, func(d datum) bool { return d.unit != m.Unit })
	}
	l, err := statistic(data, m.Stat, b.from, b.to, b.period)
	return quantity{lines: []line{l}}, err
}

// all is METRICS(): the queries that are metrics, those whose id contains a text.
func (b *batch) all(like string) []line {
	var out []line
	for _, id := range b.order {
		if b.queries[id].MetricStat == nil || !strings.Contains(id, like) {
			continue
		}
		if got, err := b.get(id); err == nil {
			out = append(out, got.lines...)
		}
	}
	return out
}

// allData is how many data points an answer has at most, unless less is asked for.
const allData = 100_800

// pageOfMetrics writes results until there are as many data points as may be.
func pageOfMetrics(r *request, results []metricResult, ascending bool, token string, most int) (*answer, error) {
	if most == 0 {
		most = allData
	}
	result, skip := 0, 0
	if token != "" {
		if _, err := fmt.Sscanf(token, "%d.%d", &result, &skip); err != nil || result > len(results) {
			return nil, fail(http.StatusBadRequest, "InvalidNextToken", "The value %s for parameter NextToken is not valid.", token)
		}
	}
	shown, next, room := []any{}, "", most
	for i := result; i < len(results) && next == ""; i++ {
		m := results[i]
		times := slices.SortedFunc(maps.Keys(m.values), time.Time.Compare)
		if !ascending {
			slices.Reverse(times)
		}
		times = times[min(skip, len(times)):]
		status := "Complete"
		if len(times) > room {
			next, status = fmt.Sprintf("%d.%d", i, skip+room), "PartialData"
			times = times[:room]
		}
		room -= len(times)
		skip = 0
		at, values := []any{}, []any{}
		for _, t := range times {
			at, values = append(at, t), append(values, m.values[t])
		}
		shown = append(shown, map[string]any{"Id": m.id, "Label": m.label, "StatusCode": status, "Timestamps": at, "Values": values})
	}
	out := map[string]any{"MetricDataResults": shown, "Messages": []any{}}
	if next != "" {
		out["NextToken"] = next
	}
	return inTree(r, out), nil
}

func (s *Sandbox) getMetricStatistics(_ context.Context, r *request) (*answer, error) {
	var q struct {
		Namespace, MetricName, Unit    string
		Dimensions                     []dimension
		StartTime, EndTime             time.Time
		Period                         int
		Statistics, ExtendedStatistics []string
	}
	if err := r.parse(&q); err != nil {
		return nil, err
	}
	data := s.figures.visible(r.region, figureOf(q.Namespace, q.MetricName, dimensions(q.Dimensions)))
	period := time.Duration(q.Period) * time.Second
	if period <= 0 || !q.StartTime.Before(q.EndTime) {
		return nil, badMetrics("The parameters StartTime, EndTime and Period do not fit together.")
	}
	points := map[time.Time]map[string]any{}
	for _, stat := range append(slices.Clone(q.Statistics), q.ExtendedStatistics...) {
		l, err := statistic(data, stat, q.StartTime.Truncate(min(period, time.Minute)), q.EndTime, period)
		if err != nil {
			return nil, err
		}
		for at, v := range l {
			if points[at] == nil {
				points[at] = map[string]any{"Timestamp": at, "Unit": "None"}
			}
			if slices.Contains(q.Statistics, stat) {
				points[at][stat] = v
				continue
			}
			if points[at]["ExtendedStatistics"] == nil {
				points[at]["ExtendedStatistics"] = map[string]any{}
			}
			points[at]["ExtendedStatistics"].(map[string]any)[stat] = v //nolint:forcetypeassert // made above
		}
	}
	if r.protocol == query && len(q.ExtendedStatistics) > 0 {
		return nil, unknownRequest{"GetMetricStatistics: percentiles in XML"}
	}
	out := []any{}
	for _, at := range slices.SortedFunc(maps.Keys(points), time.Time.Compare) {
		out = append(out, points[at])
	}
	return inTree(r, map[string]any{"Label": q.MetricName, "Datapoints": out}), nil
}

// listMetrics shows metrics that have had data
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html).
func (s *Sandbox) listMetrics(_ context.Context, r *request) (*answer, error) {
	var q struct {
		Namespace, MetricName, NextToken, RecentlyActive string
		Dimensions                                       []struct {
			Name  string
			Value *string
		}
	}
	if err := r.parse(&q); err != nil {
		return nil, err
	}
	s.figures.mu.Lock()
	known := slices.SortedFunc(maps.Keys(s.figures.regions[r.region]), func(a, b figure) int {
		return strings.Compare(a.namespace+"\x00"+a.name+"\x00"+a.dimensions, b.namespace+"\x00"+b.name+"\x00"+b.dimensions)
	})
	s.figures.mu.Unlock()
	all := []any{}
	for _, f := range known {
		fits := (q.Namespace == "" || q.Namespace == f.namespace) && (q.MetricName == "" || q.MetricName == f.name)
		for _, d := range q.Dimensions {
			v, has := f.dims()[d.Name]
			fits = fits && has && (d.Value == nil || *d.Value == v)
		}
		if fits {
			all = append(all, map[string]any{"Namespace": f.namespace, "MetricName": f.name, "Dimensions": shownDimensions(f)})
		}
	}
	return s.pageOf(r, "Metrics", all, q.NextToken, s.o.PageSize)
}

// pageOf is one page of a list whose token is NextToken.
func (s *Sandbox) pageOf(r *request, field string, all []any, token string, size int) (*answer, error) {
	from, err := 0, error(nil)
	if token != "" {
		if from, err = strconv.Atoi(token); err != nil || from > len(all) {
			return nil, fail(http.StatusBadRequest, "InvalidNextToken", "The value %s for parameter NextToken is not valid.", token)
		}
	}
	to := min(len(all), from+size)
	out := map[string]any{field: append([]any{}, all[from:to]...)}
	if to < len(all) {
		out["NextToken"] = strconv.Itoa(to)
	}
	return inTree(r, out), nil
}
