package cloudlogging

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/gatetest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

func TestValidate(t *testing.T) {
	open := func(what string) []rollout.Problem { return []rollout.Problem{msgOpenFilter.With("what", what)} }
	for name, c := range map[string]struct {
		block gatetest.Values
		want  []rollout.Problem
	}{
		"severity":     {gatetest.Values{"severity": "ERROR"}, nil},
		"filter":       {gatetest.Values{"filter": `"payment error"`}, nil},
		"everything":   {gatetest.Values{"severity": "DEBUG", "filter": "a", "delay": "0s"}, nil},
		"unknown":      {gatetest.Values{"severity": gatetest.Unknown, "filter": gatetest.Unknown, "delay": gatetest.Unknown}, nil},
		"nothing":      {gatetest.Values{"delay": "1m"}, []rollout.Problem{msgEverything.With()}},
		"another word": {gatetest.Values{"severity": "error"}, []rollout.Problem{msgUnknownSeverity.With("severity", "error", "severities", "DEBUG, INFO, NOTICE, WARNING, ERROR, CRITICAL, ALERT, EMERGENCY")}},
		"default":      {gatetest.Values{"severity": "DEFAULT"}, []rollout.Problem{msgUnknownSeverity.With("severity", "DEFAULT", "severities", "DEBUG, INFO, NOTICE, WARNING, ERROR, CRITICAL, ALERT, EMERGENCY")}},
		"empty filter": {gatetest.Values{"filter": " \n"}, []rollout.Problem{msgEmptyFilter.With()}},
		"long filter":  {gatetest.Values{"filter": strings.Repeat("x", 18_001)}, []rollout.Problem{msgLongFilter.With("length", "18,001", "most", "18,000")}},
		"the longest":  {gatetest.Values{"filter": strings.Repeat("x", 18_000)}, nil},
		"a delay":      {gatetest.Values{"severity": "ERROR", "delay": "30"}, []rollout.Problem{msgNoDelay.With("value", "30")}},
		"a bad delay":  {gatetest.Values{"severity": "ERROR", "delay": "-1s"}, []rollout.Problem{msgNoDelay.With("value", "-1s")}},

		"closed":                   {gatetest.Values{"filter": `(a OR (b AND c)) AND "x) \" ("`}, nil},
		"parenthesis in a comment": {gatetest.Values{"filter": "a -- the rest )\nAND (b) -- and \""}, nil},
		"not opened":               {gatetest.Values{"filter": `a) OR (b`}, open("a parenthesis that is not opened")},
		"not closed":               {gatetest.Values{"filter": `(a OR b`}, open("a parenthesis that is not closed")},
		"a text without end":       {gatetest.Values{"filter": `a OR "b) \"`}, open("a quote that is not closed")},
		"closed in a comment":      {gatetest.Values{"filter": "(a -- )"}, open("a parenthesis that is not closed")},
		"a text over two lines":    {gatetest.Values{"filter": "\"a\nb\""}, open("a quote that is not closed")},
	} {
		b := gatetest.Block(t, Kind(), c.block)
		if got := Kind().Validate(t.Context(), b); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q\nwant %q", name, got, c.want)
		}
		if s, err := Kind().Open(t.Context(), b, cloud.New(cloud.Config{})); len(c.want) > 0 && (s != nil || !errors.Is(err, c.want[0])) {
			t.Errorf("%s: opened: %v, %v", name, s, err)
		}
	}
	if got := Kind().Validate(t.Context(), types.ObjectNull(nil)); len(got) > 0 {
		t.Errorf("an absent block: %q", got)
	}
	want := gate.Description{Measures: "entries", MinWindow: time.Second, Counts: true, Most: 1000, Countable: true}
	if got := Kind().Describe(t.Context(), types.ObjectNull(nil)); got != want {
		t.Errorf("described as %+v", got)
	}
}

// measure asks for the last minute.
func (h *harness) measure(t *testing.T, s rollout.Source) (rollout.Measurement, error) {
	t.Helper()
	end := h.clock.Now()
	return s.Measure(t.Context(), h.Subject("api-1"), rollout.Window{Start: end.Add(-time.Minute), End: end})
}

// None is 0 where the same revision was asked in the same window, and nobody
// knows where it was not.
func TestNoEntries(t *testing.T) {
	const nobody = "no request of it is logged, so that it logged nothing else says nothing"
	for name, c := range map[string]struct {
		requests, entries int
		want              rollout.Measurement
	}{
		"requests and entries": {7, 2, rollout.Measurement{Value: 2, Samples: 7}},
		"requests alone":       {7, 0, rollout.Measurement{Value: 0, Samples: 7}},
		"entries alone":        {0, 2, rollout.Measurement{Value: 2, Samples: 1}},
		"neither":              {0, 0, rollout.Measurement{Note: nobody}},
	} {
		h := start(t)
		s := h.Open(t)
		h.clock.Advance(time.Minute)
		at := h.clock.Now().Add(-time.Second)
		h.Record("shop", "api-1", "2xx", c.requests, 0, at)
		h.RecordLog("shop", "api-1", "CRITICAL", "Payment Error 17", c.entries, at)
		h.Record("shop", "api-2", "2xx", 99, 0, at) // of another revision
		h.Record("shop", "api-1", "2xx", 99, 0, at.Add(-time.Hour))
		if m, err := h.measure(t, s); err != nil || m != c.want {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
	h := start(t)
	h.DropRequestLog(true)
	h.clock.Advance(time.Minute)
	h.Record("shop", "api-1", "2xx", 7, 0, h.clock.Now().Add(-time.Second))
	if m, err := h.measure(t, h.Open(t)); err != nil || m != (rollout.Measurement{Note: nobody}) {
		t.Errorf("without a log of requests: %+v, %v", m, err)
	}
}

// Failed requests have a severity too.
func TestSeverityAlone(t *testing.T) {
	h := start(t)
	h.block = gatetest.Values{"severity": "ERROR"}
	at := h.clock.Now()
	h.Record("shop", "api-1", "5xx", 3, 0, at)
	h.Record("shop", "api-1", "4xx", 5, 0, at)
	h.RecordLog("shop", "api-1", "WARNING", "close", 2, at)
	h.RecordLog("shop", "api-1", "ALERT", "far", 1, at)
	h.clock.Advance(time.Second)
	if m, err := h.measure(t, h.Open(t)); err != nil || m != (rollout.Measurement{Value: 4, Samples: 8}) {
		t.Errorf("%+v, %v", m, err)
	}
}

// The whole question: one revision, one window, newest first, and nothing of the
// entries but their ids.
func TestWhatIsAsked(t *testing.T) {
	var asked []string
	at := answers(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, r.Method+" "+r.URL.String()+" "+string(body))
		_, _ = io.WriteString(w, `{"entries":[{"insertId":"a"}]}`)
	})
	h := start(t)
	h.endpoint, h.block = at, gatetest.Values{"severity": "WARNING", "filter": `a -- it`}
	end := h.clock.Now().Add(123 * time.Millisecond)
	if _, err := h.Open(t).Measure(t.Context(), here("api-1"), rollout.Window{Start: end.Add(-time.Minute), End: end}); err != nil {
		t.Fatal(err)
	}
	const ours = `resource.type="cloud_run_revision" AND` + "\n" + `resource.labels.location="us-central1" AND` + "\n" +
		`resource.labels.service_name="shop" AND` + "\n" + `resource.labels.revision_name="api-1" AND` + "\n" +
		`timestamp>="2026-03-04T13:59:00.123Z" AND` + "\n" + `timestamp<"2026-03-04T14:00:00.123Z" AND` + "\n"
	var want []string
	for _, filter := range []string{ours + "severity>=WARNING AND\n(\na -- it\n)", ours + `log_id("run.googleapis.com/requests")`} {
		body, err := json.Marshal(map[string]any{
			"resourceNames": []string{"projects/demo"}, "filter": filter, "orderBy": "timestamp desc", "pageSize": 1000, "pageToken": "",
		})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, "POST /v2/entries:list?fields=nextPageToken,entries/insertId "+string(body))
	}
	if !slices.Equal(asked, want) {
		t.Errorf("asked\n%s\nwant\n%s", strings.Join(asked, "\n"), strings.Join(want, "\n"))
	}
}

func TestWhatIsNotKnown(t *testing.T) {
	h := start(t)
	s := h.Open(t)
	for _, fact := range []string{"project", "location", "service", "revision"} {
		of := h.Subject("api-1")
		delete(of.Facts, fact)
		_, err := s.Measure(t.Context(), of, rollout.Window{})
		var p rollout.Problem
		if !errors.As(err, &p) || p.What != "cloud_logging does not know what to count of api-1" {
			t.Errorf("without %s: %v", fact, err)
		}
	}
	if h.Calls() > 0 {
		t.Error("it asked all the same")
	}
}

// pager answers page after page to what is asked for entries, and one request.
func pager(t *testing.T, sizes ...int) (at string, asked *int) {
	t.Helper()
	asked = new(int)
	return answers(t, func(w http.ResponseWriter, r *http.Request) {
		var q struct{ Filter, PageToken string }
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			t.Error(err)
		}
		if strings.Contains(q.Filter, requestLog) {
			_, _ = io.WriteString(w, `{"entries":[{}]}`)
			return
		}
		n := *asked
		*asked++
		if want := map[bool]string{true: "", false: fmt.Sprint("page ", n)}[n == 0]; q.PageToken != want {
			t.Errorf("page token %q, want %q", q.PageToken, want)
		}
		var entries []map[string]string
		for range sizes[n] {
			entries = append(entries, map[string]string{"insertId": "a", "textPayload": inBody})
		}
		out := map[string]any{"entries": entries}
		if n < len(sizes)-1 {
			out["nextPageToken"] = fmt.Sprint("page ", n+1)
		}
		_ = json.NewEncoder(w).Encode(out)
	}), asked
}

// An empty page is not the end, and an end that is not reached is said.
func TestPages(t *testing.T) {
	const ended = "there are more, or may be: counting ended"
	for name, c := range map[string]struct {
		sizes []int
		want  rollout.Measurement
		asked int
	}{
		"one":                  {[]int{3}, rollout.Measurement{Value: 3, Samples: 1}, 1},
		"none":                 {[]int{0}, rollout.Measurement{Value: 0, Samples: 1}, 1},
		"an empty page first":  {[]int{0, 0, 2}, rollout.Measurement{Value: 2, Samples: 1}, 3},
		"five whole ones":      {[]int{1000, 1000, 1000, 1000, 1000}, rollout.Measurement{Value: 5000, Samples: 1}, 5},
		"more than is counted": {[]int{1000, 1000, 1000, 1000, 1000, 1}, rollout.Measurement{Value: 5000, Samples: 1, AtLeast: true, Note: ended}, 5},
		"a search without end": {[]int{0, 0, 0, 0, 0, 0, 9}, rollout.Measurement{Value: 0, Samples: 1, AtLeast: true, Note: ended}, 5},
		"little by little":     {[]int{1, 1, 1, 1, 1, 1}, rollout.Measurement{Value: 5, Samples: 1, AtLeast: true, Note: ended}, 5},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t)
			var asked *int
			h.endpoint, asked = pager(t, c.sizes...)
			if m, err := h.measure(t, h.Open(t)); err != nil || m != c.want {
				t.Errorf("got %+v, %v\nwant %+v", m, err, c.want)
			}
			if *asked != c.asked {
				t.Errorf("%d pages were read, want %d", *asked, c.asked)
			}
		})
	}
}

// Of requests a page is enough, and costs one read.
func TestManyRequests(t *testing.T) {
	h := start(t)
	h.Record("shop", "api-1", "2xx", 2500, 0, h.clock.Now())
	h.clock.Advance(time.Second)
	if m, err := h.measure(t, h.Open(t)); err != nil || m != (rollout.Measurement{Samples: 1000}) {
		t.Errorf("%+v, %v", m, err)
	}
	if h.Calls() != 2 {
		t.Errorf("%d reads", h.Calls())
	}
}

// What is answered with an error is told by its status, and where a filter
// cannot be read in the user's own lines.
func TestRefusals(t *testing.T) {
	const doing = "count logged entries of api-1 in project demo: "
	for name, c := range map[string]struct {
		filter string
		status int
		body   string
		want   string
		is     error
	}{
		"in the filter": {
			"a", 400, `{"error":{"message":"Unparseable filter: syntax error at line 9, column 3, token '` + inBody + `'"}}`,
			"the platform refused the request: Cloud Logging cannot read filter at line 1, column 3: try it in the Logs Explorer", rollout.ErrInvalid,
		},
		"later in it": {
			"a\nb", 400, `syntax error at line 10, column 17, ` + inBody,
			"the platform refused the request: Cloud Logging cannot read filter at line 2, column 17: try it in the Logs Explorer", rollout.ErrInvalid,
		},
		"before it": {
			"a", 400, `syntax error at line 2, column 17`,
			"the platform refused the request: Cloud Logging cannot read filter: try it in the Logs Explorer", rollout.ErrInvalid,
		},
		"somewhere":      {"a", 400, inBody, "the platform refused the request: Cloud Logging cannot read filter: try it in the Logs Explorer", rollout.ErrInvalid},
		"without filter": {"", 400, inBody, "the platform refused the request (status 400)", rollout.ErrInvalid},
		"denied":         {"a", 403, inBody, "permission denied: it needs logging.logEntries.list", rollout.ErrDenied},
		"unknown":        {"a", 401, inBody, "permission denied: it needs logging.logEntries.list", rollout.ErrDenied},
		"too often":      {"a", 429, inBody, "Cloud Logging takes no more than 60 reads a minute of a project, of everybody together: use a longer interval", nil},
		"broken":         {"a", 500, inBody, "Cloud Logging answered with status 500", nil},
		"elsewhere":      {"a", 302, inBody, "Cloud Logging answered with status 302", nil},
		"not there":      {"a", 404, inBody, "Cloud Logging answered with status 404", nil},
		"no JSON":        {"a", 200, inBody, "the answer is not one of Cloud Logging's", nil},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t)
			h.block = gatetest.Values{"severity": "ERROR"}
			if c.filter != "" {
				h.block["filter"] = c.filter
			}
			h.endpoint = answers(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			_, err := h.measure(t, h.Open(t))
			if err == nil || err.Error() != doing+c.want {
				t.Errorf("got  %v\nwant %s", err, doing+c.want)
			}
			for _, is := range []error{rollout.ErrInvalid, rollout.ErrDenied} {
				if errors.Is(err, is) != errors.Is(c.is, is) {
					t.Errorf("%v is taken for another sort of error", err)
				}
			}
		})
	}
}

// The sandbox counts lines as Google does: the position is that of the user's
// own text.
func TestAFilterThatCannotBeRead(t *testing.T) {
	h := start(t)
	for filter, where := range map[string]string{"severity >": "cannot read filter at its end:", "a\nAND AND b": "line 2, column 5"} {
		h.block = gatetest.Values{"filter": filter}
		_, err := h.measure(t, h.Open(t))
		if !errors.Is(err, rollout.ErrInvalid) || !strings.Contains(err.Error(), where) {
			t.Errorf("%q: %v", filter, err)
		}
	}
}

func TestThrottlingIsWaitedOut(t *testing.T) {
	h := start(t)
	t.Cleanup(h.Fault(sandbox.Fault{Kind: sandbox.Throttle, Method: "logging.", Times: 3}))
	s := h.Open(t)
	h.Serve("api-1", h.clock.Now(), 2, 1)
	h.clock.Advance(time.Second)
	if m, err := h.measure(t, s); err != nil || m != (rollout.Measurement{Value: 1, Samples: 3}) {
		t.Errorf("got %+v, %v", m, err)
	}
}

func TestDelay(t *testing.T) {
	h := start(t)
	for given, want := range map[string]time.Duration{"": 30 * time.Second, "2m": 2 * time.Minute, "0s": 0} {
		h.block = gatetest.Values{"severity": "ERROR"}
		if given != "" {
			h.block["delay"] = given
		}
		if got, err := h.Open(t).(rollout.Delayed).Delay(t.Context(), h.Subject("api-1")); err != nil || got != want {
			t.Errorf("%q: %s, %v", given, got, err)
		}
	}
}
