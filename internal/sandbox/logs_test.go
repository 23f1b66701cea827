package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	dlog "google.golang.org/api/logging/v2"
)

// entries asks with the generated client.
func (w *world) entries(filter string) []*dlog.LogEntry {
	w.t.Helper()
	c := must(dlog.NewService(w.ctx(), w.plain()...))
	var out []*dlog.LogEntry
	err := c.Entries.List(&dlog.ListLogEntriesRequest{
		ResourceNames: []string{"projects/demo"}, Filter: filter, OrderBy: "timestamp desc", PageSize: 2,
	}).Pages(w.ctx(), func(r *dlog.ListLogEntriesResponse) error {
		out = append(out, r.Entries...)
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// An app that writes with every other request, and the log of the requests.
func TestLogsOfRealRequests(t *testing.T) {
	w := start(t, Options{})
	first := w.shop(Env("SANDBOX_ERROR_SHARE", "0.25"), Env("SANDBOX_LOG", "ERROR payment error"), Env("SANDBOX_LOG_SHARE", "0.5"))
	w.LogsLag(5 * time.Second)
	for range 4 {
		fetch(t, w.ServiceURL("shop"))
	}
	if all := w.entries(""); len(all) != 0 {
		t.Errorf("seen at once: %d", len(all))
	}
	w.clock.pass(5 * time.Second)
	all := w.entries("")
	if len(all) != 6 {
		t.Fatalf("%d entries", len(all))
	}
	seen := map[string]bool{}
	for _, e := range all {
		if seen[e.InsertId] || e.Resource.Labels["revision_name"] != first || e.Timestamp != "2026-03-04T14:00:00Z" {
			t.Errorf("got %+v", e)
		}
		seen[e.InsertId] = true
	}
	texts := w.entries(`log_id("run.googleapis.com/stderr")`)
	if len(texts) != 2 || texts[0].TextPayload != "payment error" || texts[0].Severity != "ERROR" {
		t.Errorf("the app wrote %d", len(texts))
	}
	requests := w.entries(`log_id("run.googleapis.com/requests") severity>=ERROR`)
	if len(requests) != 1 || requests[0].HttpRequest.Status != 500 || !strings.HasSuffix(requests[0].LogName, "logs/run.googleapis.com%2Frequests") {
		t.Errorf("%d bad requests", len(requests))
	}
	w.DropRequestLog(true)
	fetch(t, w.ServiceURL("shop"))
	w.clock.pass(time.Minute)
	if n := len(w.entries(`log_id("run.googleapis.com/requests")`)); n != 4 {
		t.Errorf("%d requests", n)
	}
}

func TestLogFilters(t *testing.T) {
	w := start(t, Options{})
	at := w.clock.now()
	w.RecordLog("shop", "shop-1", "INFO", "Hello", 1, at)
	w.RecordLog("shop", "shop-1", "ERROR", "payment error", 3, at.Add(time.Second))
	w.RecordLog("shop", "shop-2", "CRITICAL", `out of "memory"`, 1, at.Add(2*time.Second))
	w.Record("shop", "shop-2", "5xx", 2, 0, at.Add(3*time.Second))
	w.clock.pass(time.Minute)
	for filter, want := range map[string]int{
		"":                                       7,
		`resource.type="cloud_run_revision"`:     7,
		`resource.type="gce_instance"`:           0,
		`resource.labels.revision_name="shop-2"`: 3,
		`resource.labels.revision_name = shop-1 AND severity >= ERROR`: 3,
		`severity>INFO`:                             6,
		`severity>error`:                            1,
		`severity=ERROR`:                            5,
		`severity<=INFO`:                            1,
		`severity!=ERROR`:                           2,
		`textPayload:"PAYMENT"`:                     3,
		`textPayload:payment`:                       3,
		`textPayload="payment error"`:               3,
		`textPayload="payment"`:                     0,
		`textPayload=~"^pay.*r$"`:                   3,
		`textPayload=~"^PAY"`:                       0,
		`textPayload:"\"memory\""`:                  1,
		`"payment"`:                                 3,
		`-"payment"`:                                4,
		`NOT payment`:                               4,
		`-textPayload:payment severity=ERROR`:       2,
		`payment OR memory`:                         4,
		`payment OR memory AND severity=CRITICAL`:   1, // OR binds more than AND
		`severity=CRITICAL AND memory OR payment`:   1,
		`(severity=CRITICAL AND memory) OR payment`: 4,
		"payment -- OR memory\nOR memory":           4,
		`httpRequest.status>=500`:                   2,
		`httpRequest.status=200`:                    0,
		`log_id("run.googleapis.com/requests")`:     2,
		`logName="projects/demo/logs/run.googleapis.com%2Fstderr"`:                                 5,
		`timestamp>="2026-03-04T14:00:01Z" AND timestamp<"2026-03-04T14:00:02Z"`:                   3,
		`timestamp>="2026-03-04T14:00:01.000000001Z"`:                                              3,
		`resource.labels.location="us-central1" resource.labels.service_name="shop" severity>INFO`: 6,
	} {
		if got := len(w.entries(filter)); got != want {
			t.Errorf("%s: %d entries, want %d", filter, got, want)
		}
	}
}

func TestBadLogRequests(t *testing.T) {
	w := start(t, Options{})
	w.rude = true
	const names = `"resourceNames":["projects/demo"]`
	filter := func(text string) string { return fmt.Sprintf(`{%s,"filter":%q}`, names, text) }
	for _, c := range []struct {
		path, body string
		code       int
		says       string
	}{
		{"", "{" + names + "}", 200, ""},
		{"?fields=nextPageToken,entries/insertId&prettyPrint=false", "{" + names + "}", 200, ""},
		{"?fields=entries(insertId)", "{" + names + "}", 501, "field mask"},
		{"?pageSize=3", "{" + names + "}", 501, "pageSize"},
		{"", `{}`, 400, "at least one resource name"},
		{"", `{"resourceNames":["projects/demo","projects/demo"]}`, 501, "several"},
		{"", `{"resourceNames":["projects/other"]}`, 403, "logging.logEntries.list"},
		{"", `{` + names + `,"resource":1}`, 400, "unknown field"},
		{"", `{` + names + `,"orderBy":"severity"}`, 400, "order_by"},
		{"", `{` + names + `,"pageSize":-1}`, 400, "page_size"},
		{"", `{` + names + `,"pageToken":"x"}`, 400, "page_token"},
		{"", filter("severity>="), 400, "syntax error at line 1, column 11, token 'EOF'"},
		{"", filter("severity=BAD"), 400, "syntax error at line 1, column 10, token 'BAD'"},
		{"", filter("a AND\n  (b OR c"), 400, "syntax error at line 2, column 10, token 'EOF'"},
		{"", filter("a) OR (b"), 400, "syntax error at line 1, column 2, token ')'"},
		{"", filter(`"open`), 400, "syntax error at line 1, column 1, token '\"'"},
		{"", filter(`timestamp>"noon"`), 400, "syntax error"},
		{"", filter(`httpRequest.status=x`), 400, "syntax error"},
		{"", filter(`textPayload=~"("`), 400, "syntax error"},
		{"", filter("jsonPayload.code=1"), 501, "jsonPayload.code"},
		{"", filter(`severity=(ERROR OR INFO)`), 501, "several values"},
		{"", filter(`textPayload!="x"`), 501, "may lack"},
		{"", filter(`SEARCH("x")`), 501, "SEARCH"},
		{"", filter(strings.Repeat("x", 20_001)), 400, "20000"},
	} {
		code, body := w.do(http.MethodPost, "/v2/entries:list"+c.path, c.body)
		if code != c.code || !strings.Contains(fmt.Sprint(body), c.says) {
			t.Errorf("%s %.80s: %d %v, want %d %s", c.path, c.body, code, body, c.code, c.says)
		}
	}
}

// A mask keeps payloads out of the answer.
func TestLogFieldMask(t *testing.T) {
	w := start(t, Options{})
	w.RecordLog("shop", "shop-1", "INFO", "a secret", 1, w.clock.now())
	const body = `{"resourceNames":["projects/demo"]}`
	if _, all := w.do(http.MethodPost, "/v2/entries:list", body); !strings.Contains(fmt.Sprint(all), "a secret") {
		t.Errorf("got %v", all)
	}
	_, masked := w.do(http.MethodPost, "/v2/entries:list?fields=nextPageToken,entries/insertId", body)
	if text := fmt.Sprint(masked); strings.Contains(text, "a secret") || !strings.Contains(text, "insertId") || strings.Contains(text, "logName") {
		t.Errorf("got %v", masked)
	}
}

func TestLogsForgetTheOldest(t *testing.T) {
	w := start(t, Options{})
	for range mostLogged + 1 {
		w.RecordLog("shop", "r", "INFO", "x", 1, w.clock.now())
	}
	if n := len(w.logs.visible()); n != mostLogged/2+1 {
		t.Errorf("%d are kept", n)
	}
}
