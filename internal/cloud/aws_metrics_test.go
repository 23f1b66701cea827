package cloud_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// A heldClock stands still, and whoever sleeps waits until the test lets go.
type heldClock struct {
	mu   sync.Mutex
	now  time.Time
	free chan struct{} // closed: nobody waits
	last time.Duration // that somebody slept
}

func (c *heldClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *heldClock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = at
}

func (c *heldClock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	c.mu.Lock()
	free := c.free
	c.last = d
	c.mu.Unlock()
	select {
	case <-free:
	case <-ctx.Done():
	}
	return ctx.Err()
}

// hold lets sleepers wait, and returns what lets them go.
func (c *heldClock) hold() (release func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	free := make(chan struct{})
	c.free = free
	return func() { close(free) }
}

// metrics is CloudWatch: each metric has in each period the value of its name's
// length, unless odd says otherwise.
type metrics struct {
	*fakeAWS
	clock *heldClock
	odd   func(q metricsAsked) string
}

type metricsAsked struct {
	StartTime, EndTime float64
	NextToken          string
	MetricDataQueries  []struct {
		ID         string `json:"Id"`
		Expression string
		ReturnData bool
		MetricStat struct {
			Metric struct{ MetricName string }
			Period int64
		}
	}
}

func newMetrics(t *testing.T) *metrics {
	t.Helper()
	m := &metrics{fakeAWS: newAWS(t), clock: &heldClock{now: noon}}
	m.clock.hold()()
	m.answer = func(_ int, r arrived) reply {
		var q metricsAsked
		if err := json.Unmarshal([]byte(r.body), &q); err != nil {
			return inJSON(400, "SerializationException", err.Error())
		}
		for _, one := range q.MetricDataQueries {
			if one.MetricStat.Metric.MetricName == "Bad" {
				return inJSON(400, "ValidationError", "the metric is bad")
			}
		}
		if m.odd != nil {
			if body := m.odd(q); body != "" {
				return reply{status: 200, header: map[string]string{"Content-Type": "application/x-amz-json-1.0"}, body: body}
			}
		}
		return reply{status: 200, header: map[string]string{"Content-Type": "application/x-amz-json-1.0"}, body: q.answer()}
	}
	return m
}

func (q metricsAsked) answer() string {
	results := []string{}
	for _, one := range q.MetricDataQueries {
		if !one.ReturnData {
			continue
		}
		var at, values []string
		for t := int64(q.StartTime); t < int64(q.EndTime) && one.MetricStat.Period > 0; t += one.MetricStat.Period {
			at, values = append(at, fmt.Sprint(t)), append(values, fmt.Sprint(t%3600/60))
		}
		if one.Expression != "" {
			at, values = []string{fmt.Sprint(int64(q.StartTime))}, []string{fmt.Sprint(len(q.MetricDataQueries))}
		}
		results = append(results, fmt.Sprintf(`{"Id":%q,"StatusCode":"Complete","Timestamps":[%s],"Values":[%s]}`, one.ID, strings.Join(at, ","), strings.Join(values, ",")))
	}
	return `{"MetricDataResults":[` + strings.Join(results, ",") + `]}`
}

func (m *metrics) clients() *cloud.Clients {
	return cloud.New(cloud.Config{AWS: cloud.AWS{Region: region, Endpoint: m.server.URL}, UserAgent: agent, Clock: m.clock})
}

func (m *metrics) questions(t *testing.T) []metricsAsked {
	t.Helper()
	var out []metricsAsked
	for _, c := range m.seen() {
		var q metricsAsked
		if err := json.Unmarshal([]byte(c.body), &q); err != nil {
			t.Fatal(err)
		}
		out = append(out, q)
	}
	return out
}

const late = 2 * time.Minute

// spanOf is the last n whole minutes that can be seen.
func spanOf(now time.Time, n int) cloud.MetricSpan {
	end := now.Add(-late).Truncate(time.Minute)
	return cloud.MetricSpan{Start: end.Add(-time.Duration(n) * time.Minute), End: end, Late: late}
}

func one(name string) []cloud.MetricQuery {
	return []cloud.MetricQuery{{ID: "m", Namespace: "App", Name: name, Statistic: "Sum"}}
}

// of asks for a metric of somebody.
func of(name, who string) []cloud.MetricQuery {
	return []cloud.MetricQuery{{ID: "m", Namespace: "App", Name: name, Statistic: "Sum", Dimensions: map[string]string{"Of": who}}}
}

// A question of one test, and what should come of it.
type metricWant struct {
	minutes int
	queries []cloud.MetricQuery
	want    string // of m, or of an error
}

// together asks all at once, in one moment.
func (m *metrics) together(t *testing.T, c *cloud.Clients, all ...metricWant) {
	t.Helper()
	release := m.clock.hold()
	var done sync.WaitGroup
	for _, w := range all {
		done.Go(func() {
			got, err := c.MetricData(t.Context(), "", spanOf(m.clock.Now(), w.minutes), w.queries)
			if said := fmt.Sprint(got["m"], " ", err); !strings.Contains(said, w.want) {
				t.Errorf("%v over %d minutes: %s, want %s", w.queries, w.minutes, said, w.want)
			}
		})
	}
	for c.Gathered("") < len(all) {
		runtime.Gosched()
	}
	release()
	done.Wait()
}

// TestManyAskOnce: a hundred rollouts that watch two metrics every ten seconds
// ask once a minute, and the two that are asked first cost a call more at most.
func TestManyAskOnce(t *testing.T) {
	m := newMetrics(t)
	c := m.clients()
	var all []metricWant
	for i := range 200 {
		all = append(all, metricWant{1, one(fmt.Sprint("M", i)), "<nil>"})
	}
	m.together(t, c, all...)
	begun := len(m.seen())
	if begun != 1 {
		t.Errorf("%d calls for 200 questions of one moment", begun)
	}
	for tenth := range 60 {
		m.clock.set(noon.Add(time.Duration(tenth) * 10 * time.Second))
		for _, w := range all {
			if _, err := c.MetricData(t.Context(), "", spanOf(m.clock.Now(), w.minutes), w.queries); err != nil {
				t.Fatal(err)
			}
		}
	}
	if calls := len(m.seen()) - begun; calls > 10 {
		t.Errorf("%d calls in ten minutes", calls)
	}
	for _, q := range m.questions(t) {
		if len(q.MetricDataQueries) > 500 {
			t.Errorf("%d queries in a call", len(q.MetricDataQueries))
		}
	}
}

// TestWhoIsNotHurried waits longer for others with what is asked first.
func TestWhoIsNotHurried(t *testing.T) {
	m := newMetrics(t)
	c, unhurried := m.clients(), cloud.Unhurried(t.Context())
	for _, ask := range []struct {
		ctx     context.Context
		name    string
		at      time.Time
		minutes int
		want    time.Duration
	}{
		{t.Context(), "A", noon, 1, 500 * time.Millisecond},
		{unhurried, "B", noon, 1, 5 * time.Second},
		{unhurried, "B", noon, 1, 0}, // it is known
		{unhurried, "B", noon.Add(time.Minute), 2, 500 * time.Millisecond},
		{unhurried, "B", noon.Add(2 * time.Minute), 2, 500 * time.Millisecond},
		{unhurried, "B", noon.Add(4 * time.Minute), 1, 5 * time.Second}, // of another split
	} {
		m.clock.last = 0
		m.clock.set(ask.at)
		if _, err := c.MetricData(ask.ctx, "", spanOf(ask.at, ask.minutes), one(ask.name)); err != nil || m.clock.last != ask.want {
			t.Errorf("%s waited %s for others, want %s: %v", ask.name, m.clock.last, ask.want, err)
		}
	}
}

// TestWindowsThatGrow: until a window is full it begins where it began, and then
// it moves; both are foreseen.
func TestWindowsThatGrow(t *testing.T) {
	m := newMetrics(t)
	c := m.clients()
	if _, err := c.MetricData(t.Context(), "", spanOf(noon, 5), of("M", "home")); err != nil { // what serves has a full one
		t.Fatal(err)
	}
	for minute := range 12 {
		m.clock.set(noon.Add(time.Duration(minute) * time.Minute))
		for i := range 20 {
			m.clock.set(noon.Add(time.Duration(minute)*time.Minute + time.Duration(i)*time.Second))
			if _, err := c.MetricData(t.Context(), "", spanOf(m.clock.Now(), min(minute+1, 5)), of("M", fmt.Sprint("candidate", i))); err != nil {
				t.Fatal(err)
			}
		}
	}
	if calls := len(m.seen()); calls > 1+20+11 {
		t.Errorf("%d calls: one for each who began, and one a minute", calls)
	}
}

// TestAWindowThatIsFull moves on: nothing longer is asked beforehand, which would
// be a call of its own.
func TestAWindowThatIsFull(t *testing.T) {
	m := newMetrics(t)
	c := m.clients()
	for minute := range 3 {
		m.clock.set(noon.Add(time.Duration(minute) * time.Minute))
		if _, err := c.MetricData(t.Context(), "", spanOf(m.clock.Now(), 2), of("M", fmt.Sprint("at", minute))); err != nil {
			t.Fatal(err)
		}
	}
	for _, q := range m.questions(t) {
		if span := (q.EndTime - q.StartTime) / 60; span > 2 {
			t.Errorf("a question about %v minutes", span)
		}
	}
}

// TestOneBadQuery: what CloudWatch cannot read is told to who asked it.
func TestOneBadQuery(t *testing.T) {
	m := newMetrics(t)
	var all []metricWant
	for i := range 9 {
		all = append(all, metricWant{1, one(fmt.Sprint("M", i)), "57 <nil>"})
	}
	all = append(all, metricWant{1, one("Bad"), "the metric is bad"})
	m.together(t, m.clients(), all...)
	_, err := m.clients().MetricData(t.Context(), "", spanOf(noon, 1), one("Bad"))
	if !errors.Is(err, rollout.ErrInvalid) {
		t.Errorf("%v", err)
	}
}

// TestSpansOfDifferentLengths go together, each in periods of its own length, and
// an expression goes with no other period.
func TestSpansOfDifferentLengths(t *testing.T) {
	m := newMetrics(t)
	math := []cloud.MetricQuery{
		{ID: "bad", Namespace: "App", Name: "E", Statistic: "Sum", Hidden: true},
		{ID: "m", Expression: `100*bad / bad + "bad" - badly`},
	}
	m.together(
		t, m.clients(), metricWant{1, one("A"), "57 <nil>"}, metricWant{2, one("A"), "56 <nil>"}, metricWant{3, one("A"), "55 <nil>"}, metricWant{5, one("B"), "53 <nil>"},
		metricWant{2, math, "2 <nil>"}, metricWant{179, one("C"), "59 <nil>"},
	)
	periods, expressions := []string{}, []string{}
	for _, q := range m.questions(t) {
		at := ""
		for _, one := range q.MetricDataQueries {
			at += fmt.Sprint(" ", one.MetricStat.Period)
			if one.Expression != "" {
				expressions = append(expressions, one.Expression)
			}
		}
		periods = append(periods, fmt.Sprintf("%v:%s", (q.EndTime-q.StartTime)/60, at))
	}
	slices.Sort(periods)
	if want := []string{"179: 10740", "2: 120 0", "30: 60 120 180 300"}; !slices.Equal(periods, want) {
		t.Errorf("calls %q, want %q", periods, want)
	}
	if want := `100*q0_bad / q0_bad + "bad" - badly`; len(expressions) != 1 || expressions[0] != want {
		t.Errorf("expressions %q, want %q", expressions, want)
	}
}

// TestOddAnswersOfCloudWatch: what is not whole is no answer.
func TestOddAnswersOfCloudWatch(t *testing.T) {
	m := newMetrics(t)
	start := spanOf(noon, 1).Start.Unix()
	result := func(id, status string, at int64, value string) string {
		return fmt.Sprintf(`{"Id":%q,"StatusCode":%q,"Timestamps":[%d],"Values":[%s]}`, id, status, at, value)
	}
	page := func(token string, results ...string) string {
		out := `{"MetricDataResults":[` + strings.Join(results, ",") + `]`
		if token != "" {
			out += `,"NextToken":"` + token + `"`
		}
		return out + "}"
	}
	for name, c := range map[string]struct {
		first, second string
		want          string
	}{
		"no data":              {page("", `{"Id":"q0_m","StatusCode":"Complete"}`), "", "map[] <nil>"},
		"on the second page":   {page("more", `{"Id":"q0_m","StatusCode":"PartialData"}`), page("", result("q0_m", "Complete", start, "7")), "map[m:7] <nil>"},
		"nothing but a part":   {page("", result("q0_m", "PartialData", start, "7")), "", "CloudWatch has not all of Sum of App X just now (PartialData)"},
		"an error of its own":  {page("", result("q0_m", "InternalError", start, "7")), "", "CloudWatch has not all of Sum of App X just now (InternalError)"},
		"it may not be seen":   {page("", `{"Id":"q0_m","StatusCode":"Forbidden"}`), "", "Sum of App X: permission denied: CloudWatch lets the caller not see it"},
		"left out":             {page("", result("q1_m", "Complete", start, "7")), "", "CloudWatch left out Sum of App X"},
		"of another time":      {page("", result("q0_m", "Complete", start-30, "7")), "", "CloudWatch answered for Sum of App X from 11:56:30 UTC on, and was asked about over 11:57:00–11:58:00 UTC"},
		"of the minute before": {page("", result("q0_m", "Complete", start-60, "7")), "", "map[] <nil>"},
		"something is missing": {`{"MetricDataResults":[],"Messages":[{"Code":"MaxMetricsExceeded","Value":"x"}]}`, "", "something may be missing from its answer (MaxMetricsExceeded)"},
		"an endless answer":    {page("more"), page("more"), "the answer has no end"},
	} {
		m.odd = func(q metricsAsked) string {
			if q.NextToken != "" {
				return c.second
			}
			return c.first
		}
		got, err := m.clients().MetricData(t.Context(), "", spanOf(noon, 1), one("X"))
		if said := fmt.Sprint(got, " ", err); !strings.Contains(said, c.want) {
			t.Errorf("%s: %s, want %s", name, said, c.want)
		}
	}
}

// TestErrorsAreNotKept: the next who asks is answered, and so is who asks for
// something that was not complete yet.
func TestErrorsAreNotKept(t *testing.T) {
	m := newMetrics(t)
	c, broken := m.clients(), true
	m.odd = func(metricsAsked) string {
		if broken {
			return "<html>"
		}
		return ""
	}
	span := spanOf(noon, 1)
	if _, err := c.MetricData(t.Context(), "", span, one("X")); err == nil {
		t.Error("no error")
	}
	broken = false
	if got, err := c.MetricData(t.Context(), "", span, one("X")); err != nil || got["m"] != 57 {
		t.Errorf("%v %v", got, err)
	}
	calls := len(m.seen())
	for _, d := range []time.Duration{0, late} { // the second is too early
		span.Start, span.End = span.Start.Add(d), span.End.Add(d)
		for range 2 {
			if _, err := c.MetricData(t.Context(), "", span, one("X")); err != nil {
				t.Error(err)
			}
		}
	}
	if got := len(m.seen()) - calls; got != 2 {
		t.Errorf("%d calls more, want none for what is known and 2 for what may change", got)
	}
}

// TestWhoLeavesLeavesAlone: a caller that gives up takes nobody along, and the
// last one ends the call.
func TestWhoLeavesLeavesAlone(t *testing.T) {
	m := newMetrics(t)
	c := m.clients()
	release := m.clock.hold()
	gone, cancel := context.WithCancel(t.Context())
	said := make(chan error, 3)
	for i, ctx := range []context.Context{gone, t.Context(), t.Context()} {
		go func() {
			got, err := c.MetricData(ctx, "", spanOf(noon, 1), one(fmt.Sprint("M", i/2))) // the first two ask one thing
			if err == nil && got["m"] != 57 {
				err = fmt.Errorf("got %v", got)
			}
			said <- err
		}()
		for c.Gathered("") != i+1 {
			runtime.Gosched()
		}
	}
	cancel()
	if err := <-said; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	release()
	for range 2 {
		if err := <-said; err != nil {
			t.Error(err)
		}
	}
	gone, cancel = context.WithCancel(t.Context())
	release = m.clock.hold()
	defer release()
	go func() {
		_, err := c.MetricData(gone, "", spanOf(noon, 1), one("last"))
		said <- err
	}()
	for c.Gathered("") != 1 {
		runtime.Gosched()
	}
	cancel()
	if err := <-said; !errors.Is(err, context.Canceled) || c.Gathered("") != 0 {
		t.Errorf("%v, %d wait", err, c.Gathered(""))
	}
}
