package rds

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	describeInstance = "rds:DescribeDBInstances"
	describeCluster  = "rds:DescribeDBClusters"
	describePending  = "rds:DescribePendingMaintenanceActions"
	version          = "2014-10-31"
)

// usable are the states in which a database answers, available among them.
var usable = []string{
	"available", "backing-up", "storage-optimization", "storage-config-upgrade", "configuring-enhanced-monitoring", "configuring-iam-database-auth",
	"configuring-log-exports", "configuring-activity-stream",
}

// ending are the states that somebody has to end.
var ending = []string{
	"stopped", "failed", "deleting", "inaccessible-encryption-credentials", "inaccessible-encryption-credentials-recoverable", "incompatible-network",
	"incompatible-option-group", "incompatible-parameters", "incompatible-restore", "incompatible-create", "insufficient-capacity", "restore-error", "storage-full",
	"cloning-failed", "migration-failed",
}

// check implements rollout.Check and rollout.Foresighted.
type check struct {
	clients  *cloud.Clients
	database cloud.AWSName
	cluster  bool
	version  string // "" for any
	quiet    preflight.Quiet
}

// During implements rollout.Foresighted.
func (c check) During(begin, end time.Time) rollout.Check {
	c.quiet = c.quiet.During(begin, end)
	return c
}

// database is what is looked at, of an instance or of a cluster.
type database struct {
	Name, ARN, Status, Engine, Version, Pending string
}

// Run asks for the database and, where that is well, for the maintenance that
// waits for it.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.database.Given}
	region := c.clients.AWSRegion(ctx, c.database.Region)
	found, permission, err := c.get(ctx, region)
	switch {
	case err != nil || ctx.Err() != nil:
		return []rollout.Finding{amazon.Unread(ctx, f, err, permission, " in "+region)}
	case len(found) == 0:
		return []rollout.Finding{amazon.Gone(f, " in "+region)}
	}
	if f = c.judge(f, found[0], region); f.Status != rollout.Passed {
		return []rollout.Finding{f}
	}
	var waiting pending
	if err := c.clients.AWSQuery(ctx, region, "rds", version, "DescribePendingMaintenanceActions", url.Values{"ResourceIdentifier": {found[0].ARN}}, &waiting); err != nil || ctx.Err() != nil {
		return []rollout.Finding{amazon.Skipped(ctx, f, err, describePending)}
	}
	return []rollout.Finding{c.maintenance(f, found[0], waiting, region)}
}

// get asks for the instance or the cluster, and returns what that takes.
func (c check) get(ctx context.Context, region string) ([]database, string, error) {
	var out []database
	if c.cluster {
		var found struct {
			All []struct {
				DBClusterIdentifier, DBClusterArn, Status, Engine, EngineVersion string
				Pending                                                          string `xml:"PendingModifiedValues>EngineVersion"`
			} `xml:"DescribeDBClustersResult>DBClusters>DBCluster"`
		}
		err := c.clients.AWSQuery(ctx, region, "rds", version, "DescribeDBClusters", url.Values{"DBClusterIdentifier": {c.database.Name}}, &found)
		for _, d := range found.All {
			out = append(out, database{d.DBClusterIdentifier, d.DBClusterArn, d.Status, d.Engine, d.EngineVersion, d.Pending})
		}
		return out, describeCluster, err
	}
	var found struct {
		All []struct {
			DBInstanceIdentifier, DBInstanceArn, DBInstanceStatus, Engine, EngineVersion string
			Pending                                                                      string `xml:"PendingModifiedValues>EngineVersion"`
		} `xml:"DescribeDBInstancesResult>DBInstances>DBInstance"`
	}
	err := c.clients.AWSQuery(ctx, region, "rds", version, "DescribeDBInstances", url.Values{"DBInstanceIdentifier": {c.database.Name}}, &found)
	for _, d := range found.All {
		out = append(out, database{d.DBInstanceIdentifier, d.DBInstanceArn, d.DBInstanceStatus, d.Engine, d.EngineVersion, d.Pending})
	}
	return out, describeInstance, err
}

// judge reads a database. An answer about another one is no answer.
func (c check) judge(f rollout.Finding, found database, region string) rollout.Finding {
	f.Status = rollout.Failed
	switch {
	case !strings.EqualFold(found.Name, c.database.Name), found.ARN == "": // names are kept in lower case
		return amazon.Odd(f)
	case !slices.Contains(usable, found.Status):
		f.Retry = !slices.Contains(ending, found.Status)
		describe := "describe-db-instances --region " + region + " --db-instance-identifier " + found.Name
		if c.cluster {
			describe = "describe-db-clusters --region " + region + " --db-cluster-identifier " + found.Name
		}
		return f.Because(msgNotAvailable, "status", found.Status, "describe", describe)
	case found.Pending != "" && found.Pending != found.Version:
		return f.Because(msgUpgradePending, "found", found.Version, "pending", found.Pending)
	case c.version != "" && found.Version != c.version && !strings.HasPrefix(found.Version, c.version+"."):
		return f.Because(msgOtherVersion, "engine", found.Engine, "found", found.Version, "version", c.version)
	}
	f.Status = rollout.Passed
	return f
}

// pending is the maintenance that waits.
type pending struct {
	Actions []struct {
		Action           string
		OptInStatus      string
		CurrentApplyDate string
	} `xml:"DescribePendingMaintenanceActionsResult>PendingMaintenanceActions>ResourcePendingMaintenanceActions>PendingMaintenanceActionDetails>PendingMaintenanceAction"`
}

// maintenance compares when maintenance is applied with the time that has to be
// free of it. What has no date waits for somebody to ask for it.
func (c check) maintenance(f rollout.Finding, found database, waiting pending, region string) rollout.Finding {
	until := c.quiet.Until(c.clients.Clock().Now())
	for _, a := range waiting.Actions {
		f.Status = rollout.Failed
		if a.OptInStatus == "immediate" {
			return f.Because(msgMaintenance, "action", a.Action, "at", "now", "until", preflight.Moment(until), "region", region, "arn", found.ARN)
		}
		if a.CurrentApplyDate == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, a.CurrentApplyDate)
		switch {
		case err != nil:
			f.Status = rollout.Skipped
			return f.Because(msgOddMaintenance, "action", a.Action, "region", region, "arn", found.ARN)
		case !at.After(until):
			return f.Because(msgMaintenance, "action", a.Action, "at", "at "+preflight.Moment(at), "until", preflight.Moment(until), "region", region, "arn", found.ARN)
		}
	}
	f.Status = rollout.Passed
	f.Why = "it is " + found.Status + ", is " + found.Engine + " " + found.Version + ", and no maintenance is due until " + preflight.Moment(until)
	return f
}
