package loggroup

import (
	"context"
	"fmt"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const describe = "logs:DescribeLogGroups"

// check implements rollout.Check.
type check struct {
	clients *cloud.Clients
	group   cloud.AWSName
	days    int64 // 0 for any
}

// group is the part of a log group that is looked at.
type group struct {
	LogGroupName    string
	RetentionInDays int64 // 0: events are kept for ever
}

// Run looks for the group among those whose names begin like its own.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.group.Given}
	region := c.clients.AWSRegion(ctx, c.group.Region)
	in := map[string]any{"logGroupNamePrefix": c.group.Name}
	for {
		var page struct {
			LogGroups []group
			NextToken string
		}
		if err := c.clients.AWSJSON(ctx, region, "logs", "Logs_20140328.DescribeLogGroups", in, &page); err != nil || ctx.Err() != nil {
			return []rollout.Finding{amazon.Unread(ctx, f, err, describe, " in "+region)}
		}
		for _, g := range page.LogGroups {
			if g.LogGroupName == c.group.Name {
				return []rollout.Finding{c.judge(f, g)}
			}
		}
		if page.NextToken == "" || page.NextToken == in["nextToken"] {
			return []rollout.Finding{amazon.Gone(f, " in "+region)}
		}
		in["nextToken"] = page.NextToken
	}
}

func (c check) judge(f rollout.Finding, found group) rollout.Finding {
	kept := "for ever"
	if found.RetentionInDays > 0 {
		kept = fmt.Sprintf("for %d days", found.RetentionInDays)
		if found.RetentionInDays < c.days {
			f.Status = rollout.Failed
			return f.Because(msgForgets, "found", found.RetentionInDays, "days", c.days)
		}
	}
	f.Status, f.Why = rollout.Passed, "it exists, and keeps events "+kept
	return f
}
