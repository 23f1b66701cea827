package cloudwatch

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/gatetest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

func metricQuery(changes gatetest.Values) gatetest.Values {
	out := lambda("Errors", "")
	for name, v := range changes {
		out[name] = v
	}
	return out
}

// idOf finds the message that a problem is of.
func idOf(p rollout.Problem) string {
	for _, m := range messages() {
		form := particular.ReplaceAllString(regexp.QuoteMeta(m.What), ".*")
		if regexp.MustCompile("^" + form + "$").MatchString(p.What) {
			return m.ID
		}
	}
	return p.What
}

var particular = regexp.MustCompile(`\\\{[a-z_]+\\\}`)

func TestBlock(t *testing.T) {
	errorsOf, requestsOf := lambda("Errors", "errors"), lambda("Invocations", "requests")
	for name, c := range map[string]struct {
		block gatetest.Values
		want  []string // IDs
	}{
		"a ready metric":                {gatetest.Values{"metric": "target_5xx"}, nil},
		"one query":                     {gatetest.Values{"query": []any{metricQuery(nil)}}, nil},
		"math":                          {gatetest.Values{"expression": "IF(requests > 0 AND errors > 1, 100*errors/requests)", "query": []any{errorsOf, requestsOf}}, nil},
		"FILL with samples":             {gatetest.Values{"expression": "FILL(errors,0)", "samples": "requests", "query": []any{errorsOf, requestsOf}}, nil},
		"a text in math":                {gatetest.Values{"expression": `TIME_SERIES(1) + errors + "METRICS nobody"`, "query": []any{errorsOf, requestsOf}}, nil},
		"all is unknown":                {gatetest.Values{"metric": gatetest.Unknown, "query": []any{metricQuery(gatetest.Values{"id": gatetest.Unknown, "statistic": gatetest.Unknown})}}, nil},
		"an unknown id":                 {gatetest.Values{"expression": "nobody", "query": []any{metricQuery(gatetest.Values{"id": gatetest.Unknown})}}, nil},
		"nothing":                       {gatetest.Values{}, []string{"cloudwatch.nothing_asked"}},
		"two things":                    {gatetest.Values{"metric": "lambda_errors", "query": []any{metricQuery(nil)}}, []string{"cloudwatch.two_questions"}},
		"another metric":                {gatetest.Values{"metric": "errors"}, []string{"cloudwatch.unknown_metric"}},
		"samples of a ready metric":     {gatetest.Values{"metric": "lambda_errors", "samples": "requests"}, []string{"cloudwatch.without_query"}},
		"an expression of nothing":      {gatetest.Values{"metric": "lambda_errors", "expression": "e"}, []string{"cloudwatch.without_query"}},
		"two queries":                   {gatetest.Values{"query": []any{errorsOf, requestsOf}}, []string{"cloudwatch.no_expression"}},
		"queries without ids":           {gatetest.Values{"expression": "errors", "query": []any{errorsOf, metricQuery(nil)}}, []string{"cloudwatch.no_id"}},
		"one id twice":                  {gatetest.Values{"expression": "errors", "query": []any{errorsOf, errorsOf}}, []string{"cloudwatch.two_ids"}},
		"an id in capitals":             {gatetest.Values{"query": []any{metricQuery(gatetest.Values{"id": "Errors"})}}, []string{"cloudwatch.bad_id"}},
		"an id of ours":                 {gatetest.Values{"query": []any{metricQuery(gatetest.Values{"id": "rollout_value"})}}, []string{"cloudwatch.bad_id"}},
		"no namespace":                  {gatetest.Values{"query": []any{metricQuery(gatetest.Values{"namespace": ""})}}, []string{"cloudwatch.empty"}},
		"no name":                       {gatetest.Values{"query": []any{metricQuery(gatetest.Values{"name": " "})}}, []string{"cloudwatch.empty"}},
		"a statistic in small letters":  {gatetest.Values{"query": []any{metricQuery(gatetest.Values{"statistic": "sum"})}}, []string{"cloudwatch.statistic"}},
		"a percentile above 100":        {gatetest.Values{"query": []any{metricQuery(gatetest.Values{"statistic": "p101"})}}, []string{"cloudwatch.statistic"}},
		"an unknown placeholder":        {gatetest.Values{"query": []any{metricQuery(gatetest.Values{"dimensions": gatetest.Values{"V": "{{executed}}"}})}}, []string{"cloudwatch.placeholder"}},
		"an open placeholder":           {gatetest.Values{"query": []any{metricQuery(gatetest.Values{"dimensions": gatetest.Values{"V": "{{version"}})}}, []string{"cloudwatch.placeholder"}},
		"an id that is not there":       {gatetest.Values{"expression": "100*eror", "query": []any{errorsOf}}, []string{"cloudwatch.unknown_id"}},
		"samples that are not there":    {gatetest.Values{"expression": "errors", "samples": "n", "query": []any{errorsOf}}, []string{"cloudwatch.unknown_id"}},
		"an empty expression":           {gatetest.Values{"expression": " ", "query": []any{errorsOf}}, []string{"cloudwatch.unknown_id"}},
		"METRICS":                       {gatetest.Values{"expression": "SUM(METRICS())", "query": []any{errorsOf}}, []string{"cloudwatch.function"}},
		"SEARCH":                        {gatetest.Values{"expression": "SUM(SEARCH('{AWS/Lambda} Errors','Sum'))", "query": []any{errorsOf}}, []string{"cloudwatch.function"}},
		"SQL":                           {gatetest.Values{"expression": "select SUM(Errors)", "query": []any{errorsOf}}, []string{"cloudwatch.function"}},
		"FILL without samples":          {gatetest.Values{"expression": "FILL(errors,0)", "query": []any{errorsOf}}, []string{"cloudwatch.absent_is_zero"}},
		"a delay without a unit":        {gatetest.Values{"metric": "lambda_errors", "delay": "3"}, []string{"cloudwatch.no_delay"}},
		"a delay shorter than a minute": {gatetest.Values{"metric": "lambda_errors", "delay": "59s"}, []string{"cloudwatch.no_delay"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, p := range Kind().Validate(t.Context(), gatetest.Block(t, Kind(), c.block)) {
				got = append(got, idOf(p))
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			_, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), c.block), nil)
			if (err != nil) != (c.want != nil) && !strings.Contains(name, "unknown") {
				t.Errorf("opened: %v", err)
			}
		})
	}
}

func TestDescribe(t *testing.T) {
	all := metricQuery(gatetest.Values{"dimensions": gatetest.Values{"FunctionName": "{{function}}"}})
	for name, c := range map[string]struct {
		block gatetest.Values
		want  string
	}{
		"ready":      {gatetest.Values{"metric": "lambda_errors"}, "lambda_errors % counts=true countable=false everybody=false"},
		"a query":    {gatetest.Values{"query": []any{metricQuery(nil)}}, "query  counts=false countable=false everybody=false"},
		"samples":    {gatetest.Values{"samples": "SUM(x)", "query": []any{metricQuery(nil)}}, "query  counts=true countable=true everybody=false"},
		"everybody":  {gatetest.Values{"query": []any{all}}, "query  counts=false countable=false everybody=true"},
		"half":       {gatetest.Values{"query": []any{all, metricQuery(nil)}}, "query  counts=false countable=false everybody=false"},
		"no saying":  {gatetest.Values{"query": []any{metricQuery(gatetest.Values{"dimensions": gatetest.Unknown})}}, "query  counts=false countable=false everybody=false"},
		"not known":  {gatetest.Values{"metric": gatetest.Unknown}, "  counts=true countable=false everybody=false"},
		"by a value": {gatetest.Values{"query": []any{metricQuery(gatetest.Values{"dimensions": gatetest.Values{"V": gatetest.Unknown}})}}, "query  counts=false countable=false everybody=false"},
	} {
		d := Kind().Describe(t.Context(), gatetest.Block(t, Kind(), c.block))
		if got := fmt.Sprintf("%s %s counts=%t countable=%t everybody=%t", d.Measures, d.Unit, d.Counts, d.Countable, d.Everybody); got != c.want || d.MinWindow != time.Minute {
			t.Errorf("%s: %s (%s), want %s", name, got, d.MinWindow, c.want)
		}
	}
}

// A window that does not begin with a minute sees none that began before it, and
// adjacent ones none twice.
func TestWindowsWithinMinutes(t *testing.T) {
	h := start(t)
	for minute := range 6 { // 1, 10, 100, … invocations
		n := 1
		for range minute {
			n *= 10
		}
		h.invocations("1", noon.Add(time.Duration(minute)*time.Minute), n, 0)
	}
	s := h.open(t, gatetest.Values{"query": []any{lambda("Invocations", "")}})
	h.clock.Advance(time.Hour)
	for _, c := range []struct {
		from, to time.Duration
		want     float64 // 0: no data
	}{
		{0, time.Minute, 1},
		{time.Second, time.Minute + time.Second, 10},
		{time.Second, time.Minute, 0},
		{30 * time.Second, 2*time.Minute + 30*time.Second, 110},
		{2*time.Minute + 30*time.Second, 4*time.Minute + 30*time.Second, 11000},
		{1, 5 * time.Minute, 11110},
	} {
		m, err := s.Measure(t.Context(), h.Subject("1"), rollout.Window{Start: noon.Add(c.from), End: noon.Add(c.to)})
		if err != nil || m.Value != c.want || (m.Samples == 0) != (c.want == 0) {
			t.Errorf("%s to %s: %+v %v, want %v", c.from, c.to, m, err, c.want)
		}
	}
}

// Bad ones that are not reported are none where requests are, and nobody knows
// where they are not.
func TestWhatIsNotReported(t *testing.T) {
	for _, metric := range []string{"lambda_errors", "target_5xx"} {
		h := start(t)
		h.serve = h.targets
		if metric == "lambda_errors" {
			h.serve = func(r string, at time.Time, good, bad int) {
				h.Record("AWS/Lambda", "Invocations", dims(r), 1, good+bad, at)
				h.Record("AWS/Lambda", "Errors", dims(r), 1, bad, at)
			}
		}
		s := h.open(t, gatetest.Values{"metric": metric})
		h.serve("1", noon, 5, 0)
		h.Record("AWS/Lambda", "Errors", dims("2"), 1, 3, noon)
		h.clock.Advance(time.Hour)
		w := rollout.Window{Start: noon, End: noon.Add(time.Minute)}
		if m, err := s.Measure(t.Context(), h.Subject("1"), w); err != nil || m != (rollout.Measurement{Samples: 5}) {
			t.Errorf("%s: %+v %v", metric, m, err)
		}
		if m, err := s.Measure(t.Context(), h.Subject("2"), w); err != nil || m.Samples != 0 {
			t.Errorf("%s without requests: %+v %v", metric, m, err)
		}
	}
}

func TestDelay(t *testing.T) {
	for _, c := range []struct {
		block gatetest.Values
		facts map[string]string
		want  time.Duration
	}{
		{gatetest.Values{"metric": "lambda_errors"}, nil, 3 * time.Minute},
		{gatetest.Values{"metric": "lambda_errors"}, map[string]string{"timeout": "15m0s"}, 18 * time.Minute},
		{gatetest.Values{"metric": "lambda_errors", "delay": "5m"}, map[string]string{"timeout": "15m0s"}, 5 * time.Minute},
		{gatetest.Values{"metric": "target_5xx"}, map[string]string{"timeout": "15m0s"}, 3 * time.Minute},
		{gatetest.Values{"query": []any{metricQuery(nil)}}, map[string]string{"timeout": "1m0s"}, 4 * time.Minute},
		{gatetest.Values{"query": []any{metricQuery(gatetest.Values{"namespace": "Shop"})}}, map[string]string{"timeout": "1m0s"}, 3 * time.Minute},
	} {
		s, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), c.block), nil)
		if err != nil {
			t.Fatal(err)
		}
		late, ok := s.(rollout.Delayed)
		if !ok {
			t.Fatal("it is not delayed")
		}
		if d, err := late.Delay(t.Context(), rollout.Subject{Facts: c.facts}); err != nil || d != c.want {
			t.Errorf("%v of %v: %s %v, want %s", c.block, c.facts, d, err, c.want)
		}
	}
}

// A platform that is another than the metric's is told, before anything is asked.
func TestAnotherPlatform(t *testing.T) {
	h := start(t)
	of := rollout.Subject{Revision: "api-1", Facts: map[string]string{"project": "demo", "service": "shop"}}
	_, err := h.open(t, gatetest.Values{"metric": "target_5xx"}).Measure(t.Context(), of, rollout.Window{Start: noon, End: noon.Add(time.Minute)})
	var p rollout.Problem
	if !errors.As(err, &p) || idOf(p) != "cloudwatch.no_fact" || !strings.Contains(p.Why, `metric = "target_5xx"`) || h.Calls() != 0 {
		t.Errorf("%v", err)
	}
}

// One percentile is of the whole window, and not one of those of its minutes.
func TestPercentileOfTheWindow(t *testing.T) {
	h := start(t)
	h.invocations("1", noon, 99, 0)
	h.invocations("1", noon.Add(time.Minute), 0, 1)
	h.clock.Advance(time.Hour)
	m, err := h.open(t, gatetest.Values{"metric": "lambda_latency_p95"}).Measure(t.Context(), h.Subject("1"), rollout.Window{Start: noon, End: noon.Add(2 * time.Minute)})
	if err != nil || m != (rollout.Measurement{Value: 100, Samples: 100}) {
		t.Errorf("%+v %v", m, err)
	}
}
