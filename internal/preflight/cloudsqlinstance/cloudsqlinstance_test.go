package cloudsqlinstance

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

type values = preflighttest.Values

const inBody = "the body holds a key"

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return start(t) })
}

// harness is the sandbox, with everything that is asked for.
type harness struct {
	*sandbox.Sandbox
	t        *testing.T
	clock    *clocktest.Clock
	endpoint string
	block    values
}

func start(t *testing.T) *harness {
	h := &harness{t: t, clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC))}
	s, err := sandbox.Start(sandbox.Options{Now: h.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	h.Sandbox, h.endpoint = s, s.URL()
	t.Cleanup(s.Close)
	t.Cleanup(func() {
		if v := s.Violations(); len(v) > 0 {
			t.Errorf("violations: %q", v)
		}
	})
	s.SQL("db", sandbox.SQLInstance{})
	h.block = values{"instance": "demo:us-central1:db"}
	return h
}

func (h *harness) Open(t *testing.T) rollout.Check {
	t.Helper()
	clients := cloud.New(cloud.Config{Google: cloud.Google{Endpoint: h.endpoint}, Clock: h.clock})
	c, err := Kind().Open(t.Context(), preflighttest.Block(t, Kind(), h.block), clients)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (h *harness) Become(t *testing.T, s preflighttest.State) bool {
	switch s {
	case preflighttest.Good:
	case preflighttest.Missing:
		h.block["instance"] = "demo:us-central1:none"
	case preflighttest.Denied:
		h.Deny(permission)
	case preflighttest.Busy:
		t.Cleanup(h.Fault(sandbox.Fault{Kind: sandbox.Throttle, Method: "cloudsql.", Times: 3}))
	case preflighttest.Hangs:
		t.Cleanup(h.Fault(sandbox.Fault{Kind: sandbox.Hang, Method: "cloudsql."}))
	case preflighttest.Babbles:
		h.endpoint = preflighttest.Answering(t, http.StatusOK, inBody)
	}
	return true
}

func (h *harness) Subjects() (candidate, live *rollout.Subject) {
	return &rollout.Subject{Revision: "api-2"}, &rollout.Subject{Revision: "api-1"}
}

func (h *harness) Permission() string { return permission }
func (h *harness) Calls() int         { return len(h.Sandbox.Calls()) }
func (h *harness) Secrets() []string  { return []string{inBody} }

// run opens the check and runs it.
func (h *harness) run() []rollout.Finding {
	h.t.Helper()
	return h.Open(h.t).Run(h.t.Context(), nil, nil)
}

func TestOddAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		why    string
	}{
		"nothing":             {200, `{}`, "Cloud SQL answered with something else than an instance of that name"},
		"no JSON":             {200, inBody, "Cloud SQL gave no answer that could be read"},
		"not authenticated":   {401, inBody, "Cloud SQL does not accept the credentials"},
		"busy for ever":       {503, inBody, "Cloud SQL could not be asked: it answered 503"},
		"refused":             {400, inBody, "Cloud SQL could not be asked: it answered 400"},
		"throttled as of old": {403, `{"error":{"code":403,"errors":[{"reason":"rateLimitExceeded"}]}}`, "Cloud SQL could not be asked: it answered 403"},
		"disabled as of old":  {403, `{"error":{"code":403,"errors":[{"reason":"accessNotConfigured"}]}}`, "the API sqladmin.googleapis.com is not enabled in the project <project of the credentials>"},
		"disabled as of now":  {403, `{"error":{"code":403,"status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED"}]}}`, "the API sqladmin.googleapis.com is not enabled in the project <project of the credentials>"},
	} {
		h := start(t)
		h.endpoint = preflighttest.Answering(t, c.status, c.body)
		got := h.run()
		if len(got) == 0 || got[0].Status != rollout.Skipped || got[0].Why != c.why {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestInstances(t *testing.T) {
	const (
		passed = "passed: it runs, is POSTGRES_16, and no maintenance is due until 2026-03-04 15:00 UTC"
		due    = "failed: maintenance is due at 2026-03-04 14:30 UTC, and the time until 2026-03-04 15:00 UTC has to be free of it: it takes the instance away for some minutes"
	)
	soon := time.Date(2026, 3, 4, 14, 30, 0, 0, time.UTC)
	operation := func(kind, status string) sandbox.SQLInstance {
		return sandbox.SQLInstance{Operations: []sandbox.SQLOperation{{Type: "BACKUP_VOLUME", Status: "RUNNING"}, {Type: kind, Status: status}}}
	}
	for name, c := range map[string]struct {
		is    sandbox.SQLInstance
		block values
		want  string
	}{
		"runs":                     {sandbox.SQLInstance{}, nil, passed},
		"by its id":                {sandbox.SQLInstance{}, values{"instance": "projects/demo/instances/db"}, passed},
		"stopped":                  {sandbox.SQLInstance{Activation: "NEVER"}, nil, "failed: it is stopped (activation policy NEVER)"},
		"on demand":                {sandbox.SQLInstance{Activation: "ON_DEMAND"}, nil, passed},
		"suspended":                {sandbox.SQLInstance{State: "SUSPENDED"}, nil, "failed: its state is SUSPENDED, so it cannot be used"},
		"failed":                   {sandbox.SQLInstance{State: "FAILED"}, nil, "failed: its state is FAILED, so it cannot be used"},
		"being made":               {sandbox.SQLInstance{State: "PENDING_CREATE"}, nil, "failed, may pass: its state is PENDING_CREATE, so it cannot be used"},
		"in maintenance":           {sandbox.SQLInstance{State: "MAINTENANCE"}, nil, "failed, may pass: its state is MAINTENANCE, so it cannot be used"},
		"the version":              {sandbox.SQLInstance{}, values{"database_version": "POSTGRES_16"}, passed},
		"any postgres":             {sandbox.SQLInstance{}, values{"database_version": "POSTGRES"}, passed},
		"not a part of a number":   {sandbox.SQLInstance{}, values{"database_version": "POSTGRES_1"}, "failed: it is POSTGRES_16, not POSTGRES_1"},
		"another version":          {sandbox.SQLInstance{}, values{"database_version": "POSTGRES_17"}, "failed: it is POSTGRES_16, not POSTGRES_17"},
		"another region":           {sandbox.SQLInstance{}, values{"instance": "demo:europe-west1:db"}, "failed: the project's instance of that name is demo:us-central1:db"},
		"maintenance soon":         {sandbox.SQLInstance{Maintenance: soon}, nil, due},
		"at the end of that time":  {sandbox.SQLInstance{Maintenance: soon.Add(30 * time.Minute)}, nil, "failed: maintenance is due at 2026-03-04 15:00 UTC, and the time until 2026-03-04 15:00 UTC has to be free of it: it takes the instance away for some minutes"},
		"maintenance later":        {sandbox.SQLInstance{Maintenance: soon.Add(time.Hour)}, nil, passed},
		"later than is asked for":  {sandbox.SQLInstance{Maintenance: soon}, values{"no_maintenance_within": "10m"}, "passed: it runs, is POSTGRES_16, and no maintenance is due until 2026-03-04 14:10 UTC"},
		"within what is asked for": {sandbox.SQLInstance{Maintenance: soon.Add(time.Hour)}, values{"no_maintenance_within": "2h"}, "failed: maintenance is due at 2026-03-04 15:30 UTC, and the time until 2026-03-04 16:00 UTC has to be free of it: it takes the instance away for some minutes"},
		"due already":              {sandbox.SQLInstance{Maintenance: soon.Add(-time.Hour)}, values{"no_maintenance_within": "0s"}, "failed: maintenance is due at 2026-03-04 13:30 UTC, and the time until 2026-03-04 14:00 UTC has to be free of it: it takes the instance away for some minutes"},
		"restarted now":            {operation("RESTART", "RUNNING"), nil, "failed, may pass: RESTART is under way, which may take the instance away"},
		"to be upgraded":           {operation("MAJOR_VERSION_UPGRADE", "PENDING"), nil, "failed, may pass: MAJOR_VERSION_UPGRADE is under way, which may take the instance away"},
		"was restarted":            {operation("RESTART", "DONE"), nil, passed},
		"backed up now":            {operation("EXPORT", "RUNNING"), nil, passed},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t)
			h.SQL("db", c.is)
			for k, v := range c.block {
				h.block[k] = v
			}
			preflighttest.Expect(t, h.run(), c.want)
		})
	}
	h := start(t)
	h.block["instance"] = "demo:us-central1:none"
	preflighttest.Expect(t, h.run(), "failed, may pass: there is no such instance")
}

// A rollout says when it ends; what is configured counts from its beginning, and
// not from each look.
func TestMaintenanceDuringTheRollout(t *testing.T) {
	h := start(t)
	begin := h.clock.Now()
	h.SQL("db", sandbox.SQLInstance{Maintenance: begin.Add(3 * time.Hour)})
	during := func(d time.Duration) []rollout.Finding {
		t.Helper()
		c, ok := h.Open(t).(rollout.Foresighted)
		if !ok {
			t.Fatal("it does not look ahead")
		}
		return c.During(begin, begin.Add(d)).Run(t.Context(), nil, nil)
	}
	preflighttest.Expect(t, during(4*time.Hour), "failed: maintenance is due at 2026-03-04 17:00 UTC, and the time until 2026-03-04 18:00 UTC has to be free of it: it takes the instance away for some minutes")
	h.clock.Advance(2 * time.Hour)
	preflighttest.Expect(t, during(150*time.Minute), "passed: it runs, is POSTGRES_16, and no maintenance is due until 2026-03-04 16:30 UTC")
	h.block["no_maintenance_within"] = "2h"
	preflighttest.Expect(t, during(4*time.Hour), "passed: it runs, is POSTGRES_16, and no maintenance is due until 2026-03-04 16:00 UTC")
}

// A moment that cannot be read is not none.
func TestOddMaintenance(t *testing.T) {
	h := start(t)
	h.endpoint = preflighttest.Answering(t, http.StatusOK, `{"name":"db","connectionName":"demo:us-central1:db","state":"RUNNABLE","scheduledMaintenance":{"startTime":"soon"}}`)
	preflighttest.Expect(t, h.run(), "skipped: when its maintenance is due cannot be read")
}

// Metadata alone, with the one permission that is documented.
func TestQuestions(t *testing.T) {
	h := start(t)
	h.run()
	var asked []string
	for _, c := range h.Sandbox.Calls() {
		asked = append(asked, c.Method+" "+c.Resource)
	}
	if want := []string{"cloudsql.GetInstance projects/demo/instances/db", "cloudsql.ListOperations projects/demo"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q", asked)
	}
	h.Fault(sandbox.Fault{Kind: sandbox.Denied, Method: "cloudsql.ListOperations"})
	preflighttest.Expect(t, h.run(), "skipped: cloudsql.instances.get is denied on it, or it does not exist")
}

func TestValidate(t *testing.T) {
	for name, c := range map[string]struct {
		block values
		want  []string
	}{
		"connection name":    {values{"instance": "demo:europe-west1:db-1"}, nil},
		"of a domain":        {values{"instance": "example.com:demo:europe-west1:db"}, nil},
		"id":                 {values{"instance": "projects/demo/instances/db", "database_version": "MYSQL_8_0_36", "no_maintenance_within": "90m"}, nil},
		"sql server":         {values{"instance": "projects/demo/instances/db", "database_version": "SQLSERVER_2022_WEB"}, nil},
		"unknown":            {values{"instance": preflighttest.Unknown, "database_version": preflighttest.Unknown, "no_maintenance_within": preflighttest.Unknown}, nil},
		"a name":             {values{"instance": "db"}, []string{"instance"}},
		"nothing":            {values{"instance": ""}, []string{"instance"}},
		"an address":         {values{"instance": "postgres://db"}, []string{"instance"}},
		"version in words":   {values{"instance": "demo:r:db", "database_version": "PostgreSQL 16"}, []string{"database_version"}},
		"version unfinished": {values{"instance": "demo:r:db", "database_version": "POSTGRES_"}, []string{"database_version"}},
		"no length":          {values{"instance": "demo:r:db", "no_maintenance_within": "2"}, []string{"no_maintenance_within"}},
		"below nothing":      {values{"instance": "demo:r:db", "no_maintenance_within": "-1h"}, []string{"no_maintenance_within"}},
	} {
		if got := preflighttest.Faulty(t, Kind(), c.block); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if _, err := Kind().Open(t.Context(), preflighttest.Block(t, Kind(), c.block), nil); (err == nil) != (len(c.want) == 0) {
			t.Errorf("%s: opened with %v", name, err)
		}
	}
	if got := Kind().Object(t.Context(), preflighttest.Block(t, Kind(), values{"instance": "db:x"})); got != "" {
		t.Errorf("object %q", got)
	}
}
