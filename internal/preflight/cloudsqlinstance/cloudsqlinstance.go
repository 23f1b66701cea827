package cloudsqlinstance

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
	api        = "sqladmin"
	permission = "cloudsql.instances.get"
	role       = "roles/cloudsql.viewer"

	// latest is how many operations are looked at: what is under way is among
	// them, for they come newest first.
	latest = "20"
)

// interrupting are the operations that take an instance away, or may.
var interrupting = []string{
	"MAINTENANCE", "CLUSTER_MAINTENANCE", "SELF_SERVICE_MAINTENANCE", "RESTART", "AUTO_RESTART", "UPDATE", "FAILOVER", "SWITCHOVER",
	"SWITCHOVER_TO_REPLICA", "MAJOR_VERSION_UPGRADE", "RESTORE_VOLUME", "PROMOTE_REPLICA", "DEMOTE_MASTER", "REENCRYPT", "DELETE",
}

// passing are the states that end by themselves.
var passing = []string{"PENDING_CREATE", "MAINTENANCE", "REPAIRING"}

// check implements rollout.Check and rollout.Foresighted.
type check struct {
	clients                   *cloud.Clients
	asked                     string // as it is configured
	project, region, instance string // region may be ""
	version                   string
	quiet                     preflight.Quiet
}

// During implements rollout.Foresighted.
func (c check) During(begin, end time.Time) rollout.Check {
	c.quiet = c.quiet.During(begin, end)
	return c
}

// instance is the part of an instance that is looked at.
type instance struct {
	Name       string `json:"name"`
	State      string `json:"state"`
	Version    string `json:"databaseVersion"`
	Connection string `json:"connectionName"`
	Settings   struct {
		Activation string `json:"activationPolicy"`
	} `json:"settings"`
	Maintenance *struct {
		Start string `json:"startTime"`
	} `json:"scheduledMaintenance"`
}

type operations struct {
	Items []struct {
		Type   string `json:"operationType"`
		Status string `json:"status"`
	} `json:"items"`
}

// Run asks for the instance and, where that is well, for what is done to it.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.asked}
	var found instance
	err := c.clients.GoogleJSON(ctx, api, "/v1/projects/"+url.PathEscape(c.project)+"/instances/"+url.PathEscape(c.instance), nil, &found)
	switch {
	case ctx.Err() == nil && cloud.Gone(err):
		f.Status, f.Retry = rollout.Failed, true
		return []rollout.Finding{f.Because(msgGone)}
	case err != nil || ctx.Err() != nil:
		return []rollout.Finding{asked.Skipped(ctx, f, err, permission, role)}
	}
	f = c.judge(f, found)
	if f.Status != rollout.Passed {
		return []rollout.Finding{f}
	}
	var all operations
	query := url.Values{"instance": {c.instance}, "maxResults": {latest}}
	if err := c.clients.GoogleJSON(ctx, api, "/v1/projects/"+url.PathEscape(c.project)+"/operations", query, &all); err != nil || ctx.Err() != nil {
		return []rollout.Finding{asked.Skipped(ctx, f, err, permission, role)}
	}
	for _, o := range all.Items {
		if o.Status != "DONE" && slices.Contains(interrupting, o.Type) {
			f.Status, f.Retry = rollout.Failed, true
			return []rollout.Finding{c.because(f, msgBusy, "operation", o.Type)}
		}
	}
	return []rollout.Finding{f}
}

// judge reads an instance. An answer about another one is no answer.
func (c check) judge(f rollout.Finding, found instance) rollout.Finding {
	f.Status = rollout.Failed
	switch {
	case found.Name != c.instance:
		f.Status = rollout.Skipped
		return f.Because(msgUnreadableAnswer)
	case c.region != "" && found.Connection != c.asked:
		return f.Because(msgAnother, "found", found.Connection)
	case found.State != "RUNNABLE":
		f.Retry = slices.Contains(passing, found.State)
		return c.because(f, msgNotRunning, "state", found.State)
	case found.Settings.Activation == "NEVER":
		return c.because(f, msgStopped)
	case c.version != "" && found.Version != c.version && !strings.HasPrefix(found.Version, c.version+"_"):
		return f.Because(msgOtherVersion, "found", found.Version, "version", c.version)
	}
	return c.maintenance(f, found)
}

// maintenance compares the time of the next maintenance with the time that has to
// be free of it.
func (c check) maintenance(f rollout.Finding, found instance) rollout.Finding {
	until := c.quiet.Until(c.clients.Clock().Now())
	if found.Maintenance != nil && found.Maintenance.Start != "" {
		at, err := time.Parse(time.RFC3339, found.Maintenance.Start)
		switch {
		case err != nil:
			f.Status = rollout.Skipped
			return c.because(f, msgOddMaintenance)
		case !at.After(until):
			return c.because(f, msgMaintenance, "at", preflight.Moment(at), "until", preflight.Moment(until))
		}
	}
	f.Status = rollout.Passed
	f.Why = "it runs, is " + found.Version + ", and no maintenance is due until " + preflight.Moment(until)
	return f
}

func (c check) because(f rollout.Finding, m rollout.Message, pairs ...any) rollout.Finding {
	return f.Because(m, append(pairs, "name", c.instance, "project", c.project)...)
}
