package rds

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

type values = preflighttest.Values

func TestMain(m *testing.M) { os.Exit(awstest.Main(m)) }

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return start(t) })
}

func TestExamOfAClusters(t *testing.T) {
	preflighttest.Run(t, asking("cluster"), func(t *testing.T) preflighttest.Harness { return clustered(t) })
}

func TestPermissions(t *testing.T) {
	for _, of := range []struct {
		what  string
		start func(*testing.T) *preflighttest.OnAWS
	}{{"instance", start}, {"cluster", clustered}} {
		t.Run(of.what, func(t *testing.T) { preflighttest.Permissions(t, asking(of.what), of.start) })
	}
}

// asking is the kind with what it needs for an instance, or for a cluster.
func asking(what string) preflight.Kind {
	k := Kind()
	k.Permissions = slices.DeleteFunc(k.Permissions, func(p cloud.Permission) bool { return p.Where != "with `"+what+"`" })
	return k
}

// start is an account with an instance.
func start(t *testing.T) *preflighttest.OnAWS {
	w := preflighttest.NewOnAWS(t, asking("instance"))
	w.Query("rds", version, "CreateDBInstance", nil, "DBInstanceIdentifier", "orders", "DBInstanceClass", "db.m5.large", "Engine", "postgres", "EngineVersion", "16.3",
		"MasterUsername", "app", "MasterUserPassword", "s3cret of the sandbox", "AllocatedStorage", "10")
	w.Fill["db_instance"] = "orders"
	w.Block = values{"instance": "orders", "engine_version": "16", "no_maintenance_within": "2h", "region": w.Region()}
	w.Gone = func() { w.Block["instance"], w.Fill["db_instance"] = "none", "none" }
	return w
}

// clustered is an account with a cluster.
func clustered(t *testing.T) *preflighttest.OnAWS {
	w := preflighttest.NewOnAWS(t, asking("cluster"))
	w.Query("rds", version, "CreateDBCluster", nil, "DBClusterIdentifier", "orders", "Engine", "aurora-postgresql", "EngineVersion", "16.3",
		"MasterUsername", "app", "MasterUserPassword", "s3cret of the sandbox")
	w.Fill["db_cluster"] = "orders"
	w.Block = values{"cluster": "orders"}
	w.Gone = func() { w.Block["cluster"], w.Fill["db_cluster"] = "none", "none" }
	return w
}

const passes = "passed: it is available, is postgres 16.3, and no maintenance is due until 2026-03-04 15:00 UTC"

func TestInstance(t *testing.T) {
	w := start(t)
	w.Fill["db_instance"] = "*"
	for given, why := range map[string]string{
		"orders":                  passes,
		"Orders":                  passes,
		w.ARN("rds", "db:orders"): passes,
		"none":                    "failed, may pass: there is no such database in eu-central-1",
	} {
		w.Block = values{"instance": given}
		preflighttest.Expect(t, w.Run(), why)
	}
	for version, why := range map[string]string{"16": passes, "16.3": passes, "1": "failed: it is postgres 16.3, not 1", "16.30": "failed: it is postgres 16.3, not 16.30"} {
		w.Block = values{"instance": "orders", "engine_version": version}
		preflighttest.Expect(t, w.Run(), why)
	}
}

func TestStates(t *testing.T) {
	w := start(t)
	w.Block = values{"instance": "orders"}
	for status, why := range map[string]string{
		"backing-up":           "passed: it is backing-up, is postgres 16.3, and no maintenance is due until 2026-03-04 15:00 UTC",
		"storage-optimization": "passed: it is storage-optimization, is postgres 16.3, and no maintenance is due until 2026-03-04 15:00 UTC",
		"upgrading":            "failed, may pass: it is upgrading",
		"maintenance":          "failed, may pass: it is maintenance",
		"rebooting":            "failed, may pass: it is rebooting",
		"something new":        "failed, may pass: it is something new",
		"stopped":              "failed: it is stopped",
		"storage-full":         "failed: it is storage-full",
	} {
		w.SetDatabase(w.ARN("rds", "db:orders"), aws.Database{Status: status})
		preflighttest.Expect(t, w.Run(), why)
	}
	c := clustered(t)
	c.SetDatabase(c.ARN("rds", "cluster:orders"), aws.Database{Status: "failing-over"})
	got := c.Run()
	preflighttest.Expect(t, got, "failed, may pass: it is failing-over")
	if want := "\n  aws rds describe-db-clusters --region eu-central-1 --db-cluster-identifier orders"; got[0].Fix[len(got[0].Fix)-len(want):] != want {
		t.Errorf("to do is %q", got[0].Fix)
	}
}

// An upgrade is refused whenever it is going to be.
func TestUpgrade(t *testing.T) {
	for _, w := range []*preflighttest.OnAWS{start(t), clustered(t)} {
		w.SetDatabase(w.ARN("rds", "db:orders"), aws.Database{Upgrade: "17.1"})
		w.SetDatabase(w.ARN("rds", "cluster:orders"), aws.Database{Upgrade: "17.1"})
		preflighttest.Expect(t, w.Run(), "failed: an upgrade of its engine from 16.3 to 17.1 is pending")
		w.SetDatabase(w.ARN("rds", "db:orders"), aws.Database{Upgrade: "16.3"})
		w.SetDatabase(w.ARN("rds", "cluster:orders"), aws.Database{Upgrade: "16.3"})
		if got := w.Run(); got[0].Status != rollout.Passed {
			t.Errorf("it has that version: %+v", got)
		}
	}
}

func TestMaintenance(t *testing.T) {
	for name, c := range map[string]struct {
		waits  aws.Maintenance
		within any
		why    string
	}{
		"without a date":        {aws.Maintenance{Action: "system-update"}, nil, passes},
		"in three hours":        {aws.Maintenance{Action: "system-update", Applied: at(17)}, nil, passes},
		"within the hour":       {aws.Maintenance{Action: "system-update", Applied: at(14).Add(30 * time.Minute)}, nil, "failed: maintenance (system-update) is due at 2026-03-04 14:30 UTC, and the time until 2026-03-04 15:00 UTC has to be free of it"},
		"in the time asked for": {aws.Maintenance{Action: "os-upgrade", Applied: at(17)}, "4h", "failed: maintenance (os-upgrade) is due at 2026-03-04 17:00 UTC, and the time until 2026-03-04 18:00 UTC has to be free of it"},
		"overdue":               {aws.Maintenance{Action: "system-update", OptIn: "next-maintenance", Applied: at(13)}, "0s", "failed: maintenance (system-update) is due at 2026-03-04 13:00 UTC, and the time until 2026-03-04 14:00 UTC has to be free of it"},
		"asked for at once":     {aws.Maintenance{Action: "system-update", OptIn: "immediate"}, "0s", "failed: maintenance (system-update) is due now, and the time until 2026-03-04 14:00 UTC has to be free of it"},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			w.SetDatabase(w.ARN("rds", "db:orders"), aws.Database{Waiting: []aws.Maintenance{{Action: "hardware-maintenance"}, c.waits}})
			w.Block = values{"instance": "orders", "no_maintenance_within": c.within}
			preflighttest.Expect(t, w.Run(), c.why)
		})
	}
}

func at(hour int) time.Time { return time.Date(2026, 3, 4, hour, 0, 0, 0, time.UTC) }

// Where there is a rollout, it is the time of that.
func TestDuring(t *testing.T) {
	w := start(t)
	w.SetDatabase(w.ARN("rds", "db:orders"), aws.Database{Waiting: []aws.Maintenance{{Action: "system-update", Applied: at(17)}}})
	w.Block = values{"instance": "orders"}
	c, ok := w.Open(t).(rollout.Foresighted)
	if !ok {
		t.Fatal("it does not look ahead")
	}
	preflighttest.Expect(t, c.During(at(14), at(17)).Run(t.Context(), nil, nil), "failed: maintenance (system-update) is due at 2026-03-04 17:00 UTC, and the time until 2026-03-04 17:00 UTC has to be free of it")
	preflighttest.Expect(t, c.During(at(14), at(16)).Run(t.Context(), nil, nil), "passed: it is available, is postgres 16.3, and no maintenance is due until 2026-03-04 16:00 UTC")
}

func TestOddAnswers(t *testing.T) {
	c := check{clients: cloud.New(cloud.Config{Clock: clocktest.New(at(14))})}
	c.database.Name = "orders"
	for _, found := range []database{{Name: "other", ARN: "arn"}, {Name: "orders"}, {}} {
		preflighttest.Expect(t, []rollout.Finding{c.judge(rollout.Finding{}, found, "")}, "skipped: RDS answered with something else than that database")
	}
	var p pending
	p.Actions = append(p.Actions, struct{ Action, OptInStatus, CurrentApplyDate string }{"system-update", "", "tomorrow"})
	preflighttest.Expect(t, []rollout.Finding{c.maintenance(rollout.Finding{}, database{}, p, "")}, "skipped: when maintenance (system-update) is due cannot be read")
}

func TestValidate(t *testing.T) {
	const arn = "arn:aws:rds:eu-west-1:123456789012:db:orders"
	preflighttest.Validates(t, Kind(), map[string]preflighttest.Case{
		"an instance":  {values{"instance": arn, "engine_version": "8.0.mysql_aurora.3.05.2", "no_maintenance_within": "90m", "region": "eu-west-1"}, nil},
		"a cluster":    {values{"cluster": "arn:aws:rds:eu-west-1:123456789012:cluster:orders"}, nil},
		"unknown":      {values{"instance": preflighttest.Unknown, "engine_version": preflighttest.Unknown, "no_maintenance_within": preflighttest.Unknown}, nil},
		"neither":      {values{}, []string{"instance"}},
		"both":         {values{"instance": arn, "cluster": "orders"}, []string{"cluster"}},
		"an endpoint":  {values{"instance": "orders.abc.eu-west-1.rds.amazonaws.com:5432"}, []string{"instance"}},
		"wrong sort":   {values{"cluster": arn}, []string{"cluster"}},
		"a major word": {values{"instance": arn, "engine_version": "postgres16"}, []string{"engine_version"}},
		"no duration":  {values{"instance": arn, "no_maintenance_within": "soon"}, []string{"no_maintenance_within"}},
		"before it":    {values{"instance": arn, "no_maintenance_within": "-1h"}, []string{"no_maintenance_within"}},
		"two regions":  {values{"instance": arn, "region": "eu-west-2"}, []string{"region"}},
	})
}
