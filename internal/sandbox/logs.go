package sandbox

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// logs is Cloud Logging's one bucket of a project: the requests that the proxy
// saw, and what the app wrote to stderr.
type logs struct {
	now func() time.Time

	mu      sync.Mutex
	lag     time.Duration // an entry is invisible for this long
	silent  bool          // an exclusion filter keeps the request log out
	entries []logEntry    // as they came
}

// A logEntry stands for n that are alike.
type logEntry struct {
	service, revision string
	job, execution    string // of a job; then there is no service
	log               string // its LOG_ID
	severity          string
	text              string // textPayload, "" for a request
	code              int    // httpRequest.status, 0 for a text
	n, first          int    // first is the number of the first of them
	at                time.Time
}

// executionLabel is the field of an entry that names the execution which wrote it
// (docs, logging in Cloud Run jobs).
const executionLabel = `labels."run.googleapis.com/execution_name"`

// The logs of a Cloud Run service (docs, logging and viewing logs in Cloud Run).
const (
	requestLog = "run.googleapis.com/requests"
	stdoutLog  = "run.googleapis.com/stdout"
	stderrLog  = "run.googleapis.com/stderr"
	mostLogged = 100_000 // entries, before the oldest half goes
)

// severities are the numeric values of google.logging.type.LogSeverity, but that
// DEFAULT is 1 here so that 0 stands for a word that is none.
var severities = map[string]int{
	"DEFAULT": 1, "DEBUG": 100, "INFO": 200, "NOTICE": 300, "WARNING": 400, "ERROR": 500, "CRITICAL": 600, "ALERT": 700, "EMERGENCY": 800,
}

// request logs n requests. Cloud Run gives those that fail a severity of their
// own (seen in public logs: 5xx ERROR, 4xx WARNING, others INFO).
func (l *logs) request(service, revision string, code, n int, at time.Time) {
	severity := "INFO"
	switch {
	case code >= 500:
		severity = "ERROR"
	case code >= 400:
		severity = "WARNING"
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.silent && code != 0 {
		l.addLocked(logEntry{service: service, revision: revision, log: requestLog, severity: severity, code: code, n: n, at: at})
	}
}

func (l *logs) text(service, revision, severity, text string, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.addLocked(logEntry{service: service, revision: revision, log: stderrLog, severity: severity, text: text, n: 1, at: at})
}

// printed logs a line that a job wrote to stdout. Its severity is DEFAULT, as that
// of any text on a line (docs, logging in Cloud Run).
func (l *logs) printed(job, execution, text string, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.addLocked(logEntry{job: job, execution: execution, log: stdoutLog, severity: "DEFAULT", text: text, n: 1, at: at})
}

func (l *logs) addLocked(e logEntry) {
	if e.n <= 0 {
		return
	}
	if last := len(l.entries); last > 0 {
		e.first = l.entries[last-1].first + l.entries[last-1].n
	}
	l.entries = append(l.entries, e)
	if len(l.entries) > mostLogged {
		l.entries = slices.Clone(l.entries[mostLogged/2:])
	}
}

// LogsLag makes entries visible only d after their time.
func (s *Sandbox) LogsLag(d time.Duration) {
	s.logs.mu.Lock()
	defer s.logs.mu.Unlock()
	s.logs.lag = d
}

// DropRequestLog keeps the request log out from now on, as an exclusion filter
// of a sink does.
func (s *Sandbox) DropRequestLog(on bool) {
	s.logs.mu.Lock()
	defer s.logs.mu.Unlock()
	s.logs.silent = on
}

// RecordLog adds what an app never wrote: n entries of a text.
func (s *Sandbox) RecordLog(service, revision, severity, text string, n int, at time.Time) {
	s.logs.mu.Lock()
	defer s.logs.mu.Unlock()
	s.logs.addLocked(logEntry{service: service, revision: revision, log: stderrLog, severity: severity, text: text, n: n, at: at})
}

// listRequest is the body of entries:list (docs, Method: entries.list).
type listRequest struct {
	ResourceNames []string `json:"resourceNames"`
	Filter        string   `json:"filter"`
	OrderBy       string   `json:"orderBy"`
	PageSize      int32    `json:"pageSize"`
	PageToken     string   `json:"pageToken"`
}

// listEntries answers entries:list, whose generated package the module does not
// have.
func (s *Sandbox) listEntries(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodPost || r.URL.Path != "/v2/entries:list" {
		return false
	}
	var q listRequest
	bad := strictJSON(r, &q)
	c := Call{Method: "logging.ListLogEntries", Resource: strings.Join(q.ResourceNames, " ")}
	resp, err := s.pass(withFace(r.Context(), "rest"), c, nil, func(context.Context, any) (any, error) {
		if bad != nil {
			return nil, status.Errorf(codes.InvalidArgument, "Invalid JSON payload received. %v", bad)
		}
		only, err := fieldsOf(r)
		if err != nil {
			return nil, err
		}
		return s.entriesFor(q, only)
	})
	if err != nil {
		writeError(w, err)
		return true
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_ = json.NewEncoder(w).Encode(resp) // an error means that the client has gone
	return true
}

// fieldsOf reads which parts of an entry are wanted; nil is all of them. Of the
// language of partial responses it knows two paths
// (docs, Google APIs, system parameters: fields).
func fieldsOf(r *http.Request) ([]string, error) {
	var only []string
	for name, values := range r.URL.Query() {
		switch {
		case name == "fields":
			for path := range strings.SplitSeq(values[0], ",") {
				if field, ok := strings.CutPrefix(path, "entries/"); ok && !strings.ContainsAny(field, "/()*") {
					only = append(only, field)
				} else if path != "nextPageToken" {
					return nil, status.Errorf(codes.Unimplemented, "the field mask %q is not emulated", path)
				}
			}
			if only == nil {
				only = []string{}
			}
		case !systemParameter(name, values):
			return nil, unbindable(name)
		}
	}
	return only, nil
}

func (s *Sandbox) entriesFor(q listRequest, only []string) (any, error) {
	if len(q.ResourceNames) == 0 {
		return nil, invalid("resource_names", "at least one resource name is required")
	}
	if len(q.ResourceNames) > 1 {
		return nil, status.Error(codes.Unimplemented, "several resource names are not emulated")
	}
	if _, err := s.parse(q.ResourceNames[0], "projects/*", "logging.logEntries.list"); err != nil {
		return nil, err
	}
	admitted, err := parseLogFilter(q.Filter)
	if err != nil {
		return nil, err
	}
	type one struct { // shown only where its page is asked for
		logEntry
		fields map[string]string
		number int
	}
	s.store.flush()
	var found []one
	for _, e := range s.logs.visible() {
		fields := e.fields(s.place)
		if !admitted(fields) {
			continue
		}
		for i := range e.n {
			found = append(found, one{e, fields, e.first + i})
		}
	}
	switch q.OrderBy {
	case "", "timestamp asc":
	case "timestamp desc":
		slices.Reverse(found)
	default:
		return nil, invalid("order_by", "%q is neither \"timestamp asc\" nor \"timestamp desc\"", q.OrderBy)
	}
	const usual = 50 // docs, ListLogEntriesRequest.page_size
	all, next, err := page(found, q.PageSize, usual, q.PageToken, q.ResourceNames[0]+" "+q.Filter+" "+q.OrderBy)
	out, shown := map[string]any{}, []map[string]any{}
	for _, e := range all {
		shown = append(shown, e.show(s.place, e.fields, e.number, only))
	}
	if len(shown) > 0 {
		out["entries"] = shown
	}
	if next != "" {
		out["nextPageToken"] = next
	}
	return out, err
}

// visible lists what can be seen now, by time.
func (l *logs) visible() []logEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	limit := l.now().Add(-l.lag)
	out := slices.DeleteFunc(slices.Clone(l.entries), func(e logEntry) bool { return e.at.After(limit) })
	slices.SortStableFunc(out, func(a, b logEntry) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.first, b.first)) })
	return out
}

// fields are what a filter can name of an entry (docs, LogEntry). What an entry
// does not have is not in it.
func (e logEntry) fields(p place) map[string]string {
	out := map[string]string{
		"log_id": e.log, "logName": "projects/" + p.project + "/logs/" + strings.ReplaceAll(e.log, "/", "%2F"),
		"resource.type":                      runRevision,
		"resource.labels.project_id":         p.project,
		"resource.labels.location":           p.location,
		"resource.labels.service_name":       e.service,
		"resource.labels.revision_name":      e.revision,
		"resource.labels.configuration_name": e.service,
		"severity":                           e.severity,
		"timestamp":                          e.at.UTC().Format(time.RFC3339Nano),
	}
	if e.job != "" {
		for _, name := range []string{"service_name", "revision_name", "configuration_name"} {
			delete(out, "resource.labels."+name)
		}
		out["resource.type"], out["resource.labels.job_name"], out[executionLabel] = "cloud_run_job", e.job, e.execution
	}
	if e.code != 0 {
		out["httpRequest.status"] = strconv.Itoa(e.code)
	}
	if e.text != "" {
		out["textPayload"] = e.text
	}
	return out
}

// show renders one entry, payload included unless a mask leaves it out.
func (e logEntry) show(p place, fields map[string]string, number int, only []string) map[string]any {
	out := map[string]any{
		"insertId": strconv.FormatInt(int64(number), 36), "logName": fields["logName"], "severity": e.severity,
		"timestamp": fields["timestamp"], "receiveTimestamp": fields["timestamp"],
		"resource": map[string]any{"type": fields["resource.type"], "labels": under(fields, "resource.labels.")},
	}
	if e.job != "" {
		out["labels"] = map[string]any{"run.googleapis.com/execution_name": e.execution}
	}
	if e.text != "" {
		out["textPayload"] = e.text
	} else {
		out["httpRequest"] = map[string]any{"requestMethod": "GET", "status": e.code, "requestUrl": "https://" + e.service + "." + p.location + ".run.app/?key=of-a-user"}
	}
	if only == nil {
		return out
	}
	masked := map[string]any{}
	for _, field := range only {
		if v, has := out[field]; has {
			masked[field] = v
		}
	}
	return masked
}
