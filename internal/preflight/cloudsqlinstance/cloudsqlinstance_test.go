package cloudsqlinstance

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

type values = preflighttest.Values

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return start(t) })
}

// start is a project with everything that is asked for.
func start(t *testing.T) *preflighttest.OnGoogle {
	h := preflighttest.NewOnGoogle(t, Kind(), sandbox.Options{})
	h.API, h.Needs = "cloudsql.", []string{permission}
	h.Gone = func() { h.Block["instance"] = "demo:us-central1:none" }
	h.SQL("db", sandbox.SQLInstance{})
	h.Block = values{"instance": "demo:us-central1:db"}
	return h
}

func TestOddAnswers(t *testing.T) {
	preflighttest.OddAnswers(t, "Cloud SQL", "sqladmin.googleapis.com", "Cloud SQL answered with something else than an instance of that name", start)
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
				h.Block[k] = v
			}
			preflighttest.Expect(t, h.Run(), c.want)
		})
	}
	h := start(t)
	h.Block["instance"] = "demo:us-central1:none"
	preflighttest.Expect(t, h.Run(), "failed, may pass: there is no such instance")
}

// A rollout says when it ends; what is configured counts from its beginning, and
// not from each look.
func TestMaintenanceDuringTheRollout(t *testing.T) {
	h := start(t)
	begin := h.Clock.Now()
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
	h.Clock.Advance(2 * time.Hour)
	preflighttest.Expect(t, during(150*time.Minute), "passed: it runs, is POSTGRES_16, and no maintenance is due until 2026-03-04 16:30 UTC")
	h.Block["no_maintenance_within"] = "2h"
	preflighttest.Expect(t, during(4*time.Hour), "passed: it runs, is POSTGRES_16, and no maintenance is due until 2026-03-04 16:00 UTC")
}

// A moment that cannot be read is not none.
func TestOddMaintenance(t *testing.T) {
	h := start(t)
	h.Answer(http.StatusOK, `{"name":"db","connectionName":"demo:us-central1:db","state":"RUNNABLE","scheduledMaintenance":{"startTime":"soon"}}`)
	preflighttest.Expect(t, h.Run(), "skipped: when its maintenance is due cannot be read")
}

// Metadata alone, with the one permission that is documented.
func TestQuestions(t *testing.T) {
	h := start(t)
	h.Run()
	var asked []string
	for _, c := range h.Sandbox.Calls() {
		asked = append(asked, c.Method+" "+c.Resource)
	}
	if want := []string{"cloudsql.GetInstance projects/demo/instances/db", "cloudsql.ListOperations projects/demo"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q", asked)
	}
	h.Fault(sandbox.Fault{Kind: sandbox.Denied, Method: "cloudsql.ListOperations"})
	preflighttest.Expect(t, h.Run(), "skipped: cloudsql.instances.get is denied on it, or it does not exist")
}

func TestValidate(t *testing.T) {
	preflighttest.Validates(t, Kind(), map[string]preflighttest.Case{
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
	})
	if got := Kind().Object(t.Context(), preflighttest.Block(t, Kind(), values{"instance": "db:x"})); got != "" {
		t.Errorf("object %q", got)
	}
}
