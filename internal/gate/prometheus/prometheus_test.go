package prometheus

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func window(d time.Duration) rollout.Window { return rollout.Window{Start: noon.Add(-d), End: noon} }

// The engine is asked at the end of the window, for the length of the window.
func TestWhatIsAsked(t *testing.T) {
	var asked []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost { // some proxies allow reading only
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		asked = append(asked, r.URL.Path+" "+r.FormValue("query")+" "+r.FormValue("time")+" "+r.UserAgent())
		_, _ = fmt.Fprint(w, `{"status":"success","warnings":["PromQL info: metric might not be a counter"],"infos":["an info"],"data":{"resultType":"scalar","result":[0,"7"]}}`)
	}))
	t.Cleanup(srv.Close)
	h := start(t)
	s := h.open(t, values{"url": srv.URL + "/base/", "query": `rate(x{a="{{ revision }}",b="{{project}}"}[{{window}}])`})
	of := rollout.Subject{Revision: "api-2", Facts: map[string]string{"project": "demo", "revision": "another"}}
	for _, c := range []struct {
		length time.Duration
		asked  string
	}{{time.Minute, "60s"}, {90*time.Second + 999*time.Millisecond, "90s"}, {time.Hour, "3600s"}} {
		asked = nil
		m, err := s.Measure(t.Context(), of, window(c.length))
		want := `/base/api/v1/query rate(x{a="api-2",b="demo"}[` + c.asked + `]) 1772625600 terraform-provider-rollout`
		if err != nil || len(asked) != 1 || asked[0] != want {
			t.Errorf("%s: asked %q, %v\nwant %q", c.length, asked, err, want)
		}
		if m != (rollout.Measurement{Value: 7, Samples: 1}) { // what is told for information is no error
			t.Errorf("got %+v", m)
		}
	}
	if m, err := s.Measure(t.Context(), of, window(999*time.Millisecond)); err != nil || m.Samples != 0 {
		t.Errorf("a window below a second: %+v, %v", m, err)
	}
	for name, facts := range map[string]map[string]string{"absent": nil, "a quote": {"project": `x"} or vector(0) #`}} {
		asked = nil
		_, err := s.Measure(t.Context(), rollout.Subject{Revision: "api-2", Facts: facts}, window(time.Minute))
		if err == nil || err.Error() != "fill in the query: the platform does not say what {{project}} is for api-2" || len(asked) > 0 {
			t.Errorf("%s: %v, asked %q", name, err, asked)
		}
	}
}

// Answers of the real engine.
func TestAnswers(t *testing.T) {
	h := start(t)
	for _, r := range []string{"api-1", "api-2"} {
		h.Record("shop", r, "2xx", 100, time.Millisecond, h.clock.Now())
	}
	h.clock.Advance(time.Minute)
	w := rollout.Window{Start: h.clock.Now().Add(-time.Minute), End: h.clock.Now()}
	const all = `rollout_requests_total`
	for name, c := range map[string]struct {
		query, samples string
		want           rollout.Measurement
		err            string // what it ends with
	}{
		"vector of one":   {"sum(" + all + ")", "", rollout.Measurement{Value: 200, Samples: 1}, ""},
		"scalar":          {"scalar(sum(" + all + "))", "", rollout.Measurement{Value: 200, Samples: 1}, ""},
		"nothing":         {all + `{revision="api-3"}`, "", rollout.Measurement{Note: "the query found nothing"}, ""},
		"scalar of none":  {`scalar(` + all + `{revision="api-3"})`, "", rollout.Measurement{Note: "the query found nothing"}, ""},
		"samples":         {"vector(0)", "vector(41.6)", rollout.Measurement{Value: 0, Samples: 42}, ""},
		"few samples":     {"vector(0)", "vector(0.4)", rollout.Measurement{Note: "samples found nothing"}, ""},
		"less than none":  {"vector(0)", "vector(-3)", rollout.Measurement{Note: "samples found nothing"}, ""},
		"no samples":      {"vector(0)", "vector(0)/0", rollout.Measurement{Note: "samples found nothing"}, ""},
		"samples galore":  {"vector(0)", "vector(1e300)", rollout.Measurement{Samples: 1<<31 - 1}, ""},
		"several series":  {all, "", rollout.Measurement{}, "query returned 2 series for api-1, which have to be one: put sum(…) or max(…) around it"},
		"several samples": {"vector(0)", all, rollout.Measurement{}, "samples returned 2 series for api-1, which have to be one: put sum(…) or max(…) around it"},
		"a range":         {all + "[{{window}}]", "", rollout.Measurement{}, "query returned a matrix for api-1, which has to be one number: put a function such as rate(…) around a range"},
		"a string":        {`"text"`, "", rollout.Measurement{}, "its answer to query is not one of Prometheus' (status 200)"},
		"nonsense":        {"sum(", "", rollout.Measurement{}, "it cannot read query (status 400, bad_data): try it on the server's own page"},
		"bad samples":     {"vector(0)", "sum(", rollout.Measurement{}, "it cannot read samples (status 400, bad_data): try it on the server's own page"},
	} {
		t.Run(name, func(t *testing.T) {
			v := values{"url": h.URL() + "/prometheus", "query": c.query}
			if c.samples != "" {
				v["samples"] = c.samples
			}
			m, err := h.open(t, v).Measure(t.Context(), h.Subject("api-1"), w)
			if m != c.want || (err == nil) != (c.err == "") || err != nil && !strings.HasSuffix(err.Error(), c.err) {
				t.Errorf("got %+v, %v", m, err)
			}
			if name != "a string" && errors.Is(err, rollout.ErrInvalid) != (err != nil) {
				t.Errorf("%v: what is wrong with a query is an ErrInvalid, and nothing else is", err)
			}
		})
	}
}

// What is counted, of answers of the real engine.
func TestCounts(t *testing.T) {
	h := start(t)
	h.Record("shop", "api-1", "2xx", 100, time.Millisecond, h.clock.Now())
	h.clock.Advance(time.Minute)
	w := rollout.Window{Start: h.clock.Now().Add(-time.Minute), End: h.clock.Now()}
	none := rollout.Measurement{Note: "samples found nothing"}
	for name, c := range map[string]struct {
		query, samples string
		want           rollout.Measurement
		err            string
	}{
		"no series beside requests":      {"nothing_total", "vector(40)", rollout.Measurement{Samples: 40}, ""},
		"no series and no requests":      {"nothing_total", "vector(0)", none, ""},
		"no series of either":            {"nothing_total", "nothing_total", none, ""},
		"a 0 without requests":           {"vector(0)", "vector(0)", none, ""},
		"things without requests":        {"vector(2)", "nothing_total", rollout.Measurement{Value: 2, Samples: 1}, ""},
		"things beside requests":         {"vector(2)", "vector(40)", rollout.Measurement{Value: 2, Samples: 40}, ""},
		"less than none":                 {"vector(-1)", "vector(40)", rollout.Measurement{Note: "the query found less than none, which is no number of things"}, ""},
		"extrapolated things":            {"vector(2.04)", "vector(40)", rollout.Measurement{Value: 2, Samples: 40}, ""},
		"what is not a number":           {"vector(0)/0", "vector(40)", rollout.Measurement{Note: "the query found nothing"}, ""},
		"infinitely many":                {"vector(1)/0", "vector(40)", rollout.Measurement{Note: "the query found nothing"}, ""},
		"requests that are not a number": {"nothing_total", "vector(0)/0", none, ""},
		"nonsense":                       {"sum(", "vector(1)", rollout.Measurement{}, "it cannot read query"},
		"samples that are nonsense":      {"vector(2)", "sum(", rollout.Measurement{}, "it cannot read samples"},
	} {
		t.Run(name, func(t *testing.T) {
			s := h.open(t, values{"url": h.URL() + "/prometheus", "query": c.query, "samples": c.samples}).(*source)
			m, err := s.Count(t.Context(), h.Subject("api-1"), w)
			if m != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %+v, %v", m, err)
			}
		})
	}
}

// What a server answers besides answers is told by its status alone.
func TestRefusals(t *testing.T) {
	h := start(t)
	for _, c := range []struct {
		status int
		body   string
		want   string
	}{
		{422, `{"status":"error","errorType":"execution","error":"secret"}`, "it cannot carry out query (status 422, execution): try it on the server's own page"},
		{503, `{"status":"error","errorType":"timeout","error":"secret"}`, "it answered query with status 503"},
		{500, "secret", "it answered query with status 500"},
		{302, "secret", "it answered query with status 302"},
		{200, "secret", "its answer to query is not one of Prometheus' (status 200)"},
		{200, `{"status":"error","errorType":"secret","error":"secret"}`, "its answer to query is not one of Prometheus' (status 200)"},
		{200, `{"status":"success","data":{"resultType":"secret"}}`, "its answer to query is not one of Prometheus' (status 200)"},
		{403, "secret", "permission denied: it answered 403 to a request with no credential (token_env, basic_auth_env and ROLLOUT_PROMETHEUS_TOKEN name none)"},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "http://elsewhere.invalid/?secret")
			w.WriteHeader(c.status)
			_, _ = fmt.Fprint(w, c.body)
		}))
		_, err := h.open(t, values{"url": srv.URL, "query": "up"}).Measure(t.Context(), h.Subject("api-1"), window(time.Minute))
		if want := "ask Prometheus at " + srv.URL + ": " + c.want; err == nil || err.Error() != want {
			t.Errorf("%d: got  %v\nwant %s", c.status, err, want)
		}
		if errors.Is(err, rollout.ErrInvalid) != (c.status == 422) || errors.Is(err, rollout.ErrDenied) != (c.status == 403) {
			t.Errorf("%d: %v is taken for another sort of error", c.status, err)
		}
		srv.Close()
	}
	srv := httptest.NewServer(nil)
	srv.Close()
	_, err := h.open(t, values{"url": srv.URL, "query": "secret"}).Measure(t.Context(), h.Subject("api-1"), window(time.Minute))
	if err == nil || err.Error() != "ask Prometheus at "+srv.URL+": no answer to query came" {
		t.Errorf("nobody there: %v", err)
	}
}

// An answer from which something may be missing, or that would be read as 0, is
// none: Thanos warns of a store that did not answer, and answers without it.
func TestAnswersThatMayLackSomething(t *testing.T) {
	for name, c := range map[string]struct {
		answer, want string
		invalid      bool
	}{
		"a warning": {
			answer: `{"status":"success","warnings":["store s3cret: unavailable"],"data":{"resultType":"vector","result":[{"metric":{},"value":[0,"0"]}]}}`,
			want:   ": its answer to query came with a warning, so that something may be missing from it: try it on the server's own page",
		},
		"a warning and nothing": {
			answer: `{"status":"success","warnings":["PromQL info: x","PromQL warning: s3cret"],"data":{"resultType":"vector","result":[]}}`,
			want:   ": its answer to query came with a warning, so that something may be missing from it: try it on the server's own page",
		},
		"a native histogram": {
			answer:  `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[0,{"count":"9","sum":"9","buckets":[[0,"1","2","9"]]}]}]}}`,
			want:    "query returned a histogram for api-2, which has to be one number: put a function such as histogram_quantile(0.95, …) around it",
			invalid: true,
		},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, c.answer) }))
		t.Cleanup(srv.Close)
		s := start(t).open(t, values{"url": srv.URL, "query": "up", "samples": "up"}).(*source)
		of := rollout.Subject{Revision: "api-2"}
		for _, measure := range []func(context.Context, rollout.Subject, rollout.Window) (rollout.Measurement, error){s.Measure, s.Count} {
			m, err := measure(t.Context(), of, window(time.Minute))
			if err == nil || m != (rollout.Measurement{}) || !strings.HasSuffix(err.Error(), c.want) || errors.Is(err, rollout.ErrInvalid) != c.invalid {
				t.Errorf("%s: %+v, %v", name, m, err)
			}
		}
	}
}

// An answer without an end is not read for ever.
func TestAnswersAreBounded(t *testing.T) {
	h := start(t)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	}))
	t.Cleanup(srv.Close)
	if _, err := h.open(t, values{"url": srv.URL, "query": "up"}).Measure(t.Context(), h.Subject("api-1"), window(time.Minute)); err == nil {
		t.Error("rubbish was taken for an answer")
	}
}

func TestCredentials(t *testing.T) {
	h := start(t)
	carried := ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		carried = r.Header.Get("Authorization")
		_, _ = fmt.Fprint(w, `{"status":"success","data":{"resultType":"scalar","result":[0,"7"]}}`)
	}))
	t.Cleanup(srv.Close)
	t.Setenv("TOKEN", " one\n")
	t.Setenv("BASIC", "me:pass:word")
	t.Setenv(usualToken, "usual")
	for want, v := range map[string]values{
		"Bearer one":             {"token_env": "TOKEN"},
		"Basic bWU6cGFzczp3b3Jk": {"basic_auth_env": "BASIC"},
		"Bearer usual":           {},
	} {
		v["url"], v["query"] = srv.URL, "up"
		s := h.open(t, v)
		if _, err := s.Measure(t.Context(), h.Subject("api-1"), window(time.Minute)); err != nil || carried != want {
			t.Errorf("carried %q, %v; want %q", carried, err, want)
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if said := fmt.Sprintf(verb, s.(*source).credential); strings.Contains(said, "one") || strings.Contains(said, "usual") || strings.Contains(said, "bWU6") {
				t.Errorf("%s shows %s", verb, said)
			}
		}
	}
}
