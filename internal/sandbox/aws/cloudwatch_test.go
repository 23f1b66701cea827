package aws_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

// cloudwatchClients speak CBOR, as the SDK chooses, and JSON.
func (w *world) cloudwatchClients() map[string]*cloudwatch.Client {
	return map[string]*cloudwatch.Client{
		"cbor": cloudwatch.NewFromConfig(w.config(w.Admin())),
		"json": cloudwatch.NewFromConfig(w.config(w.Admin()), func(o *cloudwatch.Options) {
			o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801)
		}),
	}
}

func metric(id, name, stat string, dims ...string) types.MetricDataQuery {
	q := types.MetricDataQuery{Id: &id, MetricStat: &types.MetricStat{
		Metric: &types.Metric{Namespace: sdk.String("App"), MetricName: &name}, Period: sdk.Int32(60), Stat: &stat,
	}}
	for _, d := range dims {
		k, v, _ := strings.Cut(d, "=")
		q.MetricStat.Metric.Dimensions = append(q.MetricStat.Metric.Dimensions, types.Dimension{Name: &k, Value: &v})
	}
	return q
}

func expression(id, e string) types.MetricDataQuery {
	return types.MetricDataQuery{Id: &id, Expression: &e}
}

// ask returns the values of each id, oldest first.
func ask(t *testing.T, c *cloudwatch.Client, w *world, ago time.Duration, queries ...types.MetricDataQuery) (map[string][]float64, error) {
	t.Helper()
	now := w.clock.Now()
	out, err := c.GetMetricData(t.Context(), &cloudwatch.GetMetricDataInput{
		MetricDataQueries: queries, StartTime: sdk.Time(now.Add(-ago)), EndTime: &now, ScanBy: types.ScanByTimestampAscending,
	})
	if err != nil {
		return nil, err
	}
	values := map[string][]float64{}
	for _, r := range out.MetricDataResults {
		values[*r.Id] = r.Values
	}
	return values, nil
}

func TestMetricDataInBothProtocols(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	for protocol, c := range w.cloudwatchClients() {
		at := w.clock.Now().Add(-3 * time.Minute)
		_, err := c.PutMetricData(t.Context(), &cloudwatch.PutMetricDataInput{Namespace: sdk.String("App"), MetricData: []types.MetricDatum{
			{MetricName: sdk.String("Took"), Dimensions: []types.Dimension{{Name: sdk.String("P"), Value: &protocol}}, Timestamp: &at, Values: []float64{10, 1000}, Counts: []float64{94, 6}},
		}})
		if err != nil {
			t.Fatalf("%s: %v", protocol, err)
		}
		got, err := ask(t, c, w, 5*time.Minute, metric("a", "Took", "p95", "P="+protocol), metric("b", "Took", "p94", "P="+protocol),
			metric("c", "Took", "SampleCount", "P="+protocol), metric("d", "Took", "Average", "P="+protocol), metric("e", "Took", "Sum"))
		if want := map[string][]float64{"a": {1000}, "b": {10}, "c": {100}, "d": {69.4}, "e": {}}; err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v %v, want %v", protocol, got, err, want)
		}
	}
}

func TestStatisticSetsHaveNoPercentiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	c, at := w.cloudwatchClients()["json"], w.clock.Now().Add(-time.Minute)
	for name, top := range map[string]float64{"Spread": 9, "Even": 2} {
		set := &types.StatisticSet{SampleCount: sdk.Float64(4), Sum: sdk.Float64(4 * (2 + top) / 2), Minimum: sdk.Float64(2), Maximum: &top}
		_, err := c.PutMetricData(t.Context(), &cloudwatch.PutMetricDataInput{Namespace: sdk.String("App"), MetricData: []types.MetricDatum{{MetricName: &name, Timestamp: &at, StatisticValues: set}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	got, err := ask(t, c, w, 5*time.Minute, metric("a", "Spread", "p90"), metric("b", "Even", "p90"), metric("c", "Spread", "Maximum"), metric("d", "Spread", "Average"))
	if want := map[string][]float64{"a": {}, "b": {2}, "c": {9}, "d": {5.5}}; err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v %v, want %v", got, err, want)
	}
	_, err = ask(t, c, w, 5*time.Minute, metric("a", "Spread", "Median"))
	refused(t, err, "ValidationError")
}

func TestMetricMath(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	now := w.clock.Now()
	for i, n := range []float64{100, 200, 0, 400} { // the third minute has no errors reported at all
		at := now.Add(time.Duration(i-4) * time.Minute)
		w.Record("App", "Requests", nil, n, 1, at)
		if i != 2 {
			w.Record("App", "Errors", nil, n/10, 1, at)
		}
	}
	c := w.cloudwatchClients()["json"]
	for _, x := range []struct{ e, want string }{
		{"100*e/r", "[10 10 10]"}, // 0/0 and a missing value are none
		{"e+r", "[110 220 440]"},
		{"FILL(e,0)", "[10 20 0 40]"},
		{"FILL(e,REPEAT)", "[10 20 20 40]"},
		{"SUM([e,r])", "[110 220 0 440]"},
		{"SUM(METRICS())", "[110 220 0 440]"},
		{`MAX(METRICS("e"))`, "[10 20 40]"},
		{"r-r+SUM(e)", "[70 70 70 70]"},
		{"IF(r>0,FILL(e,0)/r*100,0)", "[10 10 0 10]"},
		{"IF(r>=200 AND e<30, 1)", "[1]"},
		{"-e^2+(1-1)", "[100 400 1600]"},
		{"r/PERIOD(r)*60", "[100 200 0 400]"},
		{"m", "[]"},
		{"FILL(m,0)", "[]"},
	} {
		got, err := ask(t, c, w, 4*time.Minute, metric("r", "Requests", "Sum"), metric("e", "Errors", "Sum"), metric("m", "Nobody", "Sum"), expression("x", x.e))
		if err != nil || fmt.Sprint(rounded(got["x"])) != x.want {
			t.Errorf("%s is %v %v, want %s", x.e, got["x"], err, x.want)
		}
	}
	for _, e := range []string{"SUM(e)", "e+", "e+nobody", "x+1"} {
		_, err := ask(t, c, w, 4*time.Minute, metric("e", "Errors", "Sum"), expression("x", e))
		refused(t, err, "ValidationError")
	}
	for i, e := range []string{"SEARCH('{App} Errors', 'Sum', 60)", "ANOMALY_DETECTION_BAND(e)", "e & r", "SELECT SUM(Errors) FROM App"} {
		_, err := ask(t, c, w, 4*time.Minute, metric("e", "Errors", "Sum"), metric("r", "Requests", "Sum"), expression("x", e))
		if err == nil || len(w.Violations()) != i+1 {
			t.Errorf("%s: %v, violations %q", e, err, w.Violations())
		}
	}
	w.ForgetViolations()
}

func rounded(values []float64) []float64 {
	out := []float64{}
	for _, v := range values {
		out = append(out, math.Round(v*1000)/1000)
	}
	return out
}

func TestMetricDataLimitsAndPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	c, now := w.cloudwatchClients()["json"], w.clock.Now()
	var many []types.MetricDataQuery
	for i := range 501 {
		w.Record("App", "M", map[string]string{"N": fmt.Sprint(i)}, float64(i), 1, now.Add(-time.Minute))
		many = append(many, metric(fmt.Sprintf("m%d", i), "M", "Sum", fmt.Sprintf("N=%d", i)))
	}
	_, err := ask(t, c, w, 2*time.Minute, many...)
	refused(t, err, "ValidationError")
	got, err := ask(t, c, w, 2*time.Minute, many[:500]...)
	if err != nil || len(got) != 500 || got["m499"][0] != 499 {
		t.Fatalf("%d results, %v", len(got), err)
	}
	_, err = ask(t, c, w, 2*time.Minute, many[0], many[0])
	refused(t, err, "ValidationError")
	in := &cloudwatch.GetMetricDataInput{MetricDataQueries: many[:10], StartTime: sdk.Time(now.Add(-2 * time.Minute)), EndTime: &now, MaxDatapoints: sdk.Int32(4)}
	sum := 0.0
	for pages := cloudwatch.NewGetMetricDataPaginator(c, in); pages.HasMorePages(); {
		for _, r := range ok[*cloudwatch.GetMetricDataOutput](t)(pages.NextPage(t.Context())).MetricDataResults {
			for _, v := range r.Values {
				sum += v
			}
		}
	}
	if sum != 45 {
		t.Errorf("the pages sum to %v", sum)
	}
	list := 0
	for pages := cloudwatch.NewListMetricsPaginator(c, &cloudwatch.ListMetricsInput{Namespace: sdk.String("App")}); pages.HasMorePages(); {
		list += len(ok[*cloudwatch.ListMetricsOutput](t)(pages.NextPage(t.Context())).Metrics)
	}
	if list != 501 {
		t.Errorf("%d metrics", list)
	}
}

func TestMetricsAreLateOrGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	c := w.cloudwatchClients()["json"]
	w.Record("App", "M", nil, 1, 1, w.clock.Now().Add(-time.Minute))
	w.MetricsLag(3 * time.Minute)
	if got, err := ask(t, c, w, 5*time.Minute, metric("m", "M", "Sum")); err != nil || len(got["m"]) != 0 {
		t.Errorf("too soon: %v %v", got, err)
	}
	w.clock.elapse(2 * time.Minute)
	if got, err := ask(t, c, w, 5*time.Minute, metric("m", "M", "Sum")); err != nil || len(got["m"]) != 1 {
		t.Errorf("late: %v %v", got, err)
	}
	w.DropMetrics(true)
	if got, err := ask(t, c, w, 5*time.Minute, metric("m", "M", "Sum")); err != nil || len(got["m"]) != 0 {
		t.Errorf("gone: %v %v", got, err)
	}
}

func TestAlarmsAreEvaluatedOrSet(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	for protocol, c := range w.cloudwatchClients() {
		name := "errors-" + protocol
		_, err := c.PutMetricAlarm(t.Context(), &cloudwatch.PutMetricAlarmInput{
			AlarmName: &name, Namespace: sdk.String("App"), MetricName: &name, Statistic: types.StatisticSum, Period: sdk.Int32(60),
			EvaluationPeriods: sdk.Int32(3), DatapointsToAlarm: sdk.Int32(2), Threshold: sdk.Float64(5), ComparisonOperator: types.ComparisonOperatorGreaterThanThreshold,
		})
		if err != nil {
			t.Fatalf("%s: %v", protocol, err)
		}
		state := func() types.StateValue {
			out := ok[*cloudwatch.DescribeAlarmsOutput](t)(c.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{name}}))
			if len(out.MetricAlarms) != 1 {
				t.Fatalf("%s: %d alarms", protocol, len(out.MetricAlarms))
			}
			return out.MetricAlarms[0].StateValue
		}
		if got := state(); got != types.StateValueInsufficientData {
			t.Errorf("%s: at first %s", protocol, got)
		}
		if _, err := c.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{AlarmName: &name, StateValue: types.StateValueAlarm, StateReason: sdk.String("t")}); err != nil {
			t.Fatal(err)
		}
		if got := state(); got != types.StateValueAlarm {
			t.Errorf("%s: set, and %s", protocol, got)
		}
		for i, v := range []float64{1, 9, 9} {
			w.Record("App", name, nil, v, 1, w.clock.Now().Add(time.Duration(i-3)*time.Minute))
		}
		if got := state(); got != types.StateValueAlarm {
			t.Errorf("%s: two of three, and %s", protocol, got)
		}
		w.clock.elapse(time.Minute)
		w.Record("App", name, nil, 1, 1, w.clock.Now().Add(-time.Minute))
		w.clock.elapse(time.Minute)
		w.Record("App", name, nil, 1, 1, w.clock.Now().Add(-time.Minute))
		if got := state(); got != types.StateValueOk {
			t.Errorf("%s: calm, and %s", protocol, got)
		}
		w.clock.elapse(time.Hour)
		if got := state(); got != types.StateValueInsufficientData {
			t.Errorf("%s: silence, and %s", protocol, got)
		}
	}
	w.CreateAlarm("by-hand", aws.AlarmOK)
	if !w.SetAlarm("by-hand", aws.InAlarm) || w.SetAlarm("nobody", aws.InAlarm) {
		t.Error("only alarms that exist can be set")
	}
}

func TestInvocationsDivideByChanceAndAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{Seed: 7})
	w.shop()
	if err := w.SetAlias("shop", "live", "1", map[string]float64{"2": 0.2}); err != nil {
		t.Fatal(err)
	}
	if err := w.SetBehaviour("shop", "2", aws.Behaviour{ErrorShare: 0.5, Latency: 250 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	took, err := w.Load("shop", "live", 10_000)
	if err != nil || took["2"] < 1900 || took["2"] > 2100 || took["1"]+took["2"] != 10_000 {
		t.Fatalf("divided %v, %v", took, err)
	}
	w.clock.elapse(time.Minute)
	q := func(id, name, stat, version string) types.MetricDataQuery {
		m := metric(id, name, stat, "FunctionName=shop", "Resource=shop:live", "ExecutedVersion="+version)
		m.MetricStat.Metric.Namespace = sdk.String("AWS/Lambda")
		return m
	}
	got, err := ask(t, w.cloudwatchClients()["json"], w, 2*time.Minute, q("n", "Invocations", "Sum", "2"), q("e", "Errors", "Sum", "2"), q("o", "Errors", "Sum", "1"), q("d", "Duration", "p95", "2"))
	if err != nil || got["n"][0] != float64(took["2"]) || math.Abs(got["e"][0]/got["n"][0]-0.5) > 0.05 || got["o"][0] != 0 || got["d"][0] != 250 {
		t.Errorf("the figures: %v %v", got, err)
	}
}
