package ssmparameter

import (
	"context"
	"fmt"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const describe = "ssm:DescribeParameters"

// check implements rollout.Check.
type check struct {
	clients   *cloud.Clients
	parameter cloud.AWSName
	flat      string // what else the name may be, where an ARN leaves that open; "" where it does not
	sort      string // "" for any type
}

// page is a page of descriptions. There is no value in it.
type page struct {
	Parameters []struct {
		Name    string
		Type    string
		Version int
	}
	NextToken string
}

// Run asks for the parameter's description.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.parameter.Given}
	region := c.clients.AWSRegion(ctx, c.parameter.Region)
	names := []string{c.parameter.Name}
	if c.flat != "" {
		names = append(names, c.flat)
	}
	in := map[string]any{"ParameterFilters": []map[string]any{{"Key": "Name", "Option": "Equals", "Values": names}}}
	for {
		var found page
		err := c.clients.AWSJSON(ctx, region, "ssm", "AmazonSSM.DescribeParameters", in, &found)
		switch {
		case err != nil || ctx.Err() != nil:
			return []rollout.Finding{amazon.Unread(ctx, f, err, describe, " in "+region)}
		case len(found.Parameters) > 0:
			return []rollout.Finding{c.judge(f, found)}
		case found.NextToken == "" || found.NextToken == in["NextToken"]:
			return []rollout.Finding{amazon.Gone(f, " in "+region)}
		}
		in["NextToken"] = found.NextToken
	}
}

// judge reads a description. One of another parameter is no answer.
func (c check) judge(f rollout.Finding, found page) rollout.Finding {
	p := found.Parameters[0]
	switch {
	case p.Name == "", p.Name != c.parameter.Name && p.Name != c.flat && p.Name != c.parameter.Given:
		return amazon.Odd(f)
	case c.sort != "" && p.Type != c.sort:
		f.Status = rollout.Failed
		return f.Because(msgOtherType, "found", p.Type, "type", c.sort)
	}
	f.Status, f.Why = rollout.Passed, fmt.Sprintf("it exists, as a %s, in version %d", p.Type, p.Version)
	return f
}
