package cloudwatchalarm

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/gatetest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

func TestMain(m *testing.M) { os.Exit(awstest.Main(m)) }

const inBody = "the body holds a key"

// Each version has an alarm of its own: more than no error within a minute.
func TestExam(t *testing.T) {
	gatetest.Run(t, Kind(), func(t *testing.T) gatetest.Harness { return start(t) })
}

type harness struct {
	*aws.Sandbox
	t        *testing.T
	clock    *clocktest.Clock
	endpoint string
	seeded   int
}

var noon = time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC)

func start(t *testing.T) *harness {
	t.Helper()
	awstest.Nobody(t)
	h := &harness{t: t, clock: clocktest.New(noon)}
	h.Sandbox = awstest.New(t, aws.Options{Now: h.clock.Now})
	h.endpoint = h.URL()
	for _, r := range []string{"api-00001-one", "api-00002-two"} {
		h.alarm("errors-of-"+r, r, time.Minute, 1)
	}
	h.seeded = len(h.Sandbox.Calls())
	return h
}

func (h *harness) clients() *cloud.Clients {
	return cloud.New(cloud.Config{AWS: cloud.AWS{Endpoint: h.endpoint}, Clock: h.clock})
}

// alarm makes one as another tool would.
func (h *harness) alarm(name, of string, period time.Duration, periods int) {
	h.t.Helper()
	client, err := h.clients().CloudWatch(h.t.Context(), h.Region())
	if err != nil {
		h.t.Fatal(err)
	}
	_, err = client.PutMetricAlarm(h.t.Context(), &cloudwatch.PutMetricAlarmInput{
		AlarmName: &name, Namespace: sdk.String("App"), MetricName: sdk.String("Errors"), Dimensions: []types.Dimension{{Name: sdk.String("Version"), Value: &of}},
		Statistic: types.StatisticSum, Period: sdk.Int32(int32(period / time.Second)), EvaluationPeriods: sdk.Int32(int32(periods)), //nolint:gosec // small
		Threshold: sdk.Float64(0), ComparisonOperator: types.ComparisonOperatorGreaterThanThreshold,
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *harness) Open(t *testing.T) rollout.Source {
	return h.open(t, gatetest.Values{"alarm": "errors-of-{{revision}}"})
}

func (h *harness) open(t *testing.T, block gatetest.Values) rollout.Source {
	t.Helper()
	s, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), block), h.clients())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (h *harness) Clock() rollout.Clock { return h.clock }

func (h *harness) Period() time.Duration { return time.Minute }

func (h *harness) Subject(r rollout.Revision) rollout.Subject {
	return rollout.Subject{Revision: r, Facts: map[string]string{"region": h.Region(), "function": "shop"}}
}

func (h *harness) Serve(r rollout.Revision, at time.Time, good, bad int) {
	h.Record("App", "Errors", map[string]string{"Version": string(r)}, 0, good, at)
	h.Record("App", "Errors", map[string]string{"Version": string(r)}, 1, bad, at)
}

func (h *harness) Expect(_, bad int) gatetest.Reading {
	return gatetest.Reading{Value: float64(min(bad, 1)), Samples: 1}
}

func (h *harness) Break(t *testing.T, trouble gatetest.Trouble) bool {
	fault := func(kind aws.FaultKind) { t.Cleanup(h.Fault(aws.Fault{Kind: kind, Action: describe})) }
	switch trouble {
	case gatetest.Refuses:
		fault(aws.Internal)
	case gatetest.Denies:
		fault(aws.Denied)
	case gatetest.Hangs:
		fault(aws.Hang)
	case gatetest.Babbles:
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>"+inBody) }))
		t.Cleanup(srv.Close)
		h.endpoint = srv.URL
	case gatetest.NotANumber, gatetest.Infinite:
		return false
	}
	return true
}

func (h *harness) Calls() int        { return len(h.Sandbox.Calls()) - h.seeded }
func (h *harness) Missing() string   { return describe }
func (h *harness) Secrets() []string { return []string{inBody} }

// Writes: the alarm and its actions stay as they are.
func (h *harness) Writes() int {
	n := 0
	for _, c := range h.Sandbox.Calls()[h.seeded:] {
		if c.Write {
			n++
		}
	}
	return n
}

// What an alarm's state says of windows of different lengths.
func TestStates(t *testing.T) {
	h := start(t)
	h.alarm("slow", "1", 5*time.Minute, 3)
	h.CreateCompositeAlarm("any", aws.AlarmOK)
	slow := "arn:aws:cloudwatch:" + h.Region() + ":" + h.Account() + ":alarm:slow"
	for _, c := range []struct {
		alarm, state string
		window       time.Duration
		want         rollout.Measurement
	}{
		{slow, aws.AlarmOK, 15 * time.Minute, rollout.Measurement{Samples: 3}},
		{slow, aws.AlarmOK, 14 * time.Minute, rollout.Measurement{Note: "the alarm slow is OK, and looks back 15m, further than a window of 14m"}},
		{"slow", aws.InAlarm, time.Minute, rollout.Measurement{Value: 1, Samples: 3, Note: "the alarm slow is in ALARM"}},
		{"slow", aws.Insufficient, 15 * time.Minute, rollout.Measurement{Note: "the alarm slow has no data"}},
		{"any", aws.AlarmOK, time.Minute, rollout.Measurement{Samples: 1}},
		{"any", aws.InAlarm, time.Minute, rollout.Measurement{Value: 1, Samples: 1, Note: "the alarm any is in ALARM"}},
	} {
		if strings.HasSuffix(c.alarm, "slow") {
			h.SetAlarm("slow", c.state)
		} else {
			h.CreateCompositeAlarm("any", c.state)
		}
		m, err := h.open(t, gatetest.Values{"alarm": c.alarm}).Measure(t.Context(), h.Subject("1"), rollout.Window{Start: noon.Add(-c.window), End: noon})
		if err != nil || m != c.want {
			t.Errorf("%s %s over %s: %+v %v, want %+v", c.alarm, c.state, c.window, m, err, c.want)
		}
	}
}

// An alarm that is not there is no question that time mends.
func TestNoSuchAlarm(t *testing.T) {
	h := start(t)
	for name, want := range map[string]string{"none": "there is none in " + h.Region(), "of-{{target_group}}": "what its target_group is"} {
		_, err := h.open(t, gatetest.Values{"alarm": name}).Measure(t.Context(), h.Subject("1"), rollout.Window{Start: noon, End: noon})
		if err == nil || !strings.Contains(err.Error(), want) && !strings.Contains(errorsWhy(err), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func errorsWhy(err error) string {
	var p rollout.Problem
	if errors.As(err, &p) {
		return p.Why
	}
	return ""
}

// An alarm on metric math looks back as far as its longest period.
func TestHowFarAlarmsLookBack(t *testing.T) {
	for want, a := range map[time.Duration]types.MetricAlarm{
		5 * time.Minute:  {Period: sdk.Int32(300), EvaluationPeriods: sdk.Int32(1)},
		30 * time.Second: {Period: sdk.Int32(10), EvaluationPeriods: sdk.Int32(3), DatapointsToAlarm: sdk.Int32(1)},
		2 * time.Minute: {EvaluationPeriods: sdk.Int32(2), Metrics: []types.MetricDataQuery{
			{MetricStat: &types.MetricStat{Period: sdk.Int32(60)}}, {Expression: sdk.String("x")},
		}},
	} {
		if got := ofMetric(a).back; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if _, err := (state{name: "a", value: "QUIET"}).measurement(rollout.Window{}); err == nil {
		t.Error("a state that nobody knows is no error")
	}
}

func TestBlock(t *testing.T) {
	const arn = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:api errors (5xx)"
	for name, c := range map[string]struct {
		block gatetest.Values
		want  int
	}{
		"an ARN":          {gatetest.Values{"alarm": arn}, 0},
		"a name":          {gatetest.Values{"alarm": "errors {{version}}", "region": "eu-west-1"}, 0},
		"unknown":         {gatetest.Values{"alarm": gatetest.Unknown}, 0},
		"of another sort": {gatetest.Values{"alarm": "arn:aws:logs:eu-west-1:123456789012:log-group:x"}, 1},
		"nothing":         {gatetest.Values{"alarm": ""}, 1},
		"two lines":       {gatetest.Values{"alarm": "a\nb"}, 1},
		"a placeholder":   {gatetest.Values{"alarm": "errors {{executed}}"}, 1},
		"an open one":     {gatetest.Values{"alarm": "errors {{version"}, 1},
	} {
		problems := Kind().Validate(t.Context(), gatetest.Block(t, Kind(), c.block))
		if len(problems) != c.want {
			t.Errorf("%s: %q", name, problems)
		}
		if _, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), c.block), nil); (err != nil) != (c.want > 0) {
			t.Errorf("%s: opened with %v", name, err)
		}
	}
}
