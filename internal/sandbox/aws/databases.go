package aws

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"
)

// databases are what RDS does to instances and clusters and moto does not: they
// change their states, upgrades wait, and maintenance is due.
type databases struct {
	mu sync.Mutex
	of map[string]Database // by ARN
}

// Database is what a test says of an instance or a cluster. The zero value is one
// as moto has it: available, and nothing waits.
type Database struct {
	Status  string // "upgrading"; "" is moto's
	Upgrade string // the engine version that waits for the maintenance window
	Waiting []Maintenance
}

// Maintenance waits for an instance or a cluster
// (https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_PendingMaintenanceAction.html).
type Maintenance struct {
	Action  string    // "system-update"
	OptIn   string    // "immediate", "next-maintenance"; "" for none
	Applied time.Time // zero: nobody has said when
}

// SetDatabase changes what is so of an instance (":db:NAME") or a cluster
// (":cluster:NAME"), by its ARN.
func (s *Sandbox) SetDatabase(arn string, d Database) {
	s.databases.mu.Lock()
	defer s.databases.mu.Unlock()
	if s.databases.of == nil {
		s.databases.of = map[string]Database{}
	}
	s.databases.of[arn] = d
}

// describeDatabases is DescribeDBInstances and DescribeDBClusters: moto's answer,
// with what a test has said.
func (s *Sandbox) describeDatabases(ctx context.Context, r *request) (*answer, error) {
	a, err := s.forward(ctx, r)
	if err != nil || a.status != http.StatusOK {
		return a, err
	}
	kind, status := "DBInstance", "DBInstanceStatus"
	if r.operation == "DescribeDBClusters" {
		kind, status = "DBCluster", "Status"
	}
	doc := string(a.body)
	s.databases.mu.Lock()
	defer s.databases.mu.Unlock()
	for _, old := range between(doc, "<"+kind+">", "</"+kind+">") {
		d, ok := s.databases.of[one(old, kind+"Arn")]
		if !ok {
			continue
		}
		shown := old
		if d.Status != "" {
			was := "<" + status + ">" + one(old, status) + "</" + status + ">"
			shown = strings.Replace(shown, was, "<"+status+">"+d.Status+"</"+status+">", 1)
		}
		if d.Upgrade != "" {
			shown += "<PendingModifiedValues><EngineVersion>" + d.Upgrade + "</EngineVersion></PendingModifiedValues>"
		}
		doc = strings.Replace(doc, old, shown, 1)
	}
	a.body = []byte(doc)
	a.header.Del("Content-Length")
	return a, nil
}

// describePendingMaintenance lists what waits for one instance or cluster
// (https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribePendingMaintenanceActions.html).
func (s *Sandbox) describePendingMaintenance(_ context.Context, r *request) (*answer, error) {
	arn := r.param("ResourceIdentifier")
	if arn == "" {
		return nil, unknownRequest{"DescribePendingMaintenanceActions of everything"}
	}
	s.databases.mu.Lock()
	defer s.databases.mu.Unlock()
	var b strings.Builder
	for _, m := range s.databases.of[arn].Waiting {
		b.WriteString("<PendingMaintenanceAction><Action>" + escaped(m.Action) + "</Action>")
		if m.OptIn != "" {
			b.WriteString("<OptInStatus>" + escaped(m.OptIn) + "</OptInStatus>")
		}
		if !m.Applied.IsZero() {
			b.WriteString("<CurrentApplyDate>" + m.Applied.UTC().Format(time.RFC3339) + "</CurrentApplyDate>")
		}
		b.WriteString("</PendingMaintenanceAction>")
	}
	inner := ""
	if b.Len() > 0 {
		inner = "<ResourcePendingMaintenanceActions><ResourceIdentifier>" + escaped(arn) + "</ResourceIdentifier><PendingMaintenanceActionDetails>" + b.String() +
			"</PendingMaintenanceActionDetails></ResourcePendingMaintenanceActions>"
	}
	a := &answer{status: http.StatusOK, body: []byte("<DescribePendingMaintenanceActionsResponse><DescribePendingMaintenanceActionsResult><PendingMaintenanceActions>" + inner +
		"</PendingMaintenanceActions></DescribePendingMaintenanceActionsResult></DescribePendingMaintenanceActionsResponse>")}
	return a.set("Content-Type", "text/xml"), nil
}
