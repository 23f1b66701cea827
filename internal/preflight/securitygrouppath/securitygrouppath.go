package securitygrouppath

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	describe = "ec2:DescribeSecurityGroups"
	version  = "2016-11-15"
)

// check implements rollout.Check.
type check struct {
	clients  *cloud.Clients
	from, to cloud.AWSName
	port     int64
	protocol string
}

// id is what EC2 calls a group.
func id(n cloud.AWSName) string { return strings.TrimPrefix(n.Name, "security-group/") }

// group is the part of a security group that is looked at.
type group struct {
	ID      string `xml:"groupId"`
	VPC     string `xml:"vpcId"`
	Ingress []rule `xml:"ipPermissions>item"`
	Egress  []rule `xml:"ipPermissionsEgress>item"`
}

// rule is one rule, or several that differ only in whom they name. Ports are 0
// where every protocol is meant.
type rule struct {
	Protocol string   `xml:"ipProtocol"`
	From     int64    `xml:"fromPort"`
	To       int64    `xml:"toPort"`
	Groups   []string `xml:"groups>item>groupId"`
	V4       []string `xml:"ipRanges>item>cidrIp"`
	V6       []string `xml:"ipv6Ranges>item>cidrIpv6"`
	Lists    []string `xml:"prefixListIds>item>prefixListId"`
}

// Run asks for both groups.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: id(c.from) + " to " + id(c.to)}
	region := c.clients.AWSRegion(ctx, c.from.Region)
	groups := map[string]group{}
	for _, sought := range []cloud.AWSName{c.from, c.to} {
		if _, ok := groups[id(sought)]; ok {
			continue
		}
		var found struct {
			Groups []group `xml:"securityGroupInfo>item"`
		}
		err := c.clients.AWSQuery(ctx, region, "ec2", version, "DescribeSecurityGroups", url.Values{"GroupId.1": {id(sought)}}, &found)
		switch {
		case err != nil || ctx.Err() != nil:
			return []rollout.Finding{amazon.Unread(ctx, f, err, describe, " as "+id(sought)+" in "+region)}
		case len(found.Groups) != 1 || found.Groups[0].ID != id(sought):
			return []rollout.Finding{amazon.Odd(f)}
		}
		groups[id(sought)] = found.Groups[0]
	}
	return c.judge(f, groups[id(c.from)], groups[id(c.to)], region)
}

// judge looks at both ends.
func (c check) judge(f rollout.Finding, from, to group, region string) []rollout.Finding {
	out := []rollout.Finding{
		c.end(f, from.ID, to.ID, "egress", "to", from.Egress, region),
		c.end(f, to.ID, from.ID, "ingress", "from", to.Ingress, region),
	}
	if from.VPC != to.VPC {
		f.Status, f.Permission = rollout.Skipped, true
		out = append(out, f.Because(msgApart, "from", from.ID, "one", from.VPC, "to", to.ID, "two", to.VPC))
	}
	return out
}

// end looks at the rules of one group: one that names the other, or everybody,
// lets it through.
func (c check) end(f rollout.Finding, own, other, direction, way string, rules []rule, region string) rollout.Finding {
	var addresses []string
	for _, r := range rules {
		if !c.covers(r) {
			continue
		}
		if slices.Contains(r.Groups, other) || slices.Contains(r.V4, "0.0.0.0/0") {
			f.Status = rollout.Passed
			f.Why = fmt.Sprintf("%s lets %s %d %s %s", own, c.protocol, c.port, way, other)
			return f
		}
		addresses = append(addresses, slices.Concat(r.V4, r.V6, r.Lists)...)
	}
	if len(addresses) > 0 {
		f.Status, f.Permission = rollout.Skipped, true
		return f.Because(msgByAddress, "group", own, "protocol", c.protocol, "port", c.port, "way", way, "other", other, "direction", direction,
			"addresses", strings.Join(addresses, ", "))
	}
	f.Status, f.Retry = rollout.Failed, true
	return f.Because(msgClosed, "group", own, "direction", direction, "protocol", c.protocol, "port", c.port, "way", way, "other", other, "region", region)
}

// covers reports whether a rule is about the port. Protocols are names, or
// numbers, and -1 is all of them
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html).
func (c check) covers(r rule) bool {
	number := map[string]string{"tcp": "6", "udp": "17"}[c.protocol]
	switch r.Protocol {
	case "-1":
		return true
	case c.protocol, number:
		return r.From <= c.port && c.port <= r.To
	}
	return false
}
