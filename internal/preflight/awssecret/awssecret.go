package awssecret

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	describe = "secretsmanager:DescribeSecret"
	current  = "AWSCURRENT"
)

// check implements rollout.Check.
type check struct {
	clients *cloud.Clients
	secret  cloud.AWSName
	stage   string
	version string // that has to have the stage; "" for any
}

// secret is the part of a secret that is looked at. There is no value in it.
type secret struct {
	ARN         string
	Name        string
	DeletedDate float64             // seconds since 1970
	Stages      map[string][]string `json:"VersionIdsToStages"`
}

// Run asks what is known of the secret.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.secret.Given}
	region := c.clients.AWSRegion(ctx, c.secret.Region)
	var found secret
	err := c.clients.AWSJSON(ctx, region, "secretsmanager", "secretsmanager.DescribeSecret", map[string]string{"SecretId": c.secret.Given}, &found)
	if err != nil || ctx.Err() != nil {
		return []rollout.Finding{amazon.Unread(ctx, f, err, describe, " in "+region)}
	}
	return []rollout.Finding{c.judge(f, found, region)}
}

// judge reads a secret. An answer about another one is no answer.
func (c check) judge(f rollout.Finding, found secret, region string) rollout.Finding {
	id := ""
	for version, stages := range found.Stages {
		if slices.Contains(stages, c.stage) {
			id = version
		}
	}
	f.Status = rollout.Failed
	switch {
	case !c.means(found):
		return amazon.Odd(f)
	case found.DeletedDate != 0:
		return f.Because(msgDeleted, "date", time.Unix(int64(found.DeletedDate), 0).UTC().Format(time.DateOnly), "region", region, "secret", found.Name)
	case id == "":
		f.Retry = true
		return f.Because(msgNoVersion, "stage", c.stage)
	case c.version != "" && c.version != id:
		f.Retry = true
		return f.Because(msgOldVersion, "version", c.version, "stage", c.stage, "now", id)
	}
	f.Status, f.Why = rollout.Passed, fmt.Sprintf("%s is version %s", c.stage, id)
	return f
}

// means reports whether an answer is about the secret: a name, a whole ARN, or
// one without the six characters that AWS puts behind it.
func (c check) means(found secret) bool {
	return found.ARN != "" && (found.Name == c.secret.Name || strings.HasPrefix(found.ARN, c.secret.Given))
}
