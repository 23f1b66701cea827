package iamrole

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	getRole  = "iam:GetRole"
	simulate = "iam:SimulatePrincipalPolicy"
	version  = "2010-05-08"
)

// check implements rollout.Check.
type check struct {
	clients            *cloud.Clients
	role               cloud.AWSName
	service            string // "" for any
	actions, resources []string
}

// role is the part of a role that is looked at.
type role struct {
	Name  string `xml:"GetRoleResult>Role>RoleName"`
	ARN   string `xml:"GetRoleResult>Role>Arn"`
	Trust string `xml:"GetRoleResult>Role>AssumeRolePolicyDocument"`
}

// Run asks for the role and, where it is there, for what its policies allow.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.role.Given}
	var found role
	short := path.Base(c.role.Name) // what stands before it is a path
	err := c.clients.AWSQuery(ctx, "", "iam", version, "GetRole", url.Values{"RoleName": {short}}, &found)
	switch {
	case err != nil || ctx.Err() != nil:
		return []rollout.Finding{amazon.Unread(ctx, f, err, getRole, "")}
	case found.Name != short:
		return []rollout.Finding{amazon.Odd(f)}
	case c.role.Account != "" && found.ARN != c.role.Given: // the account that is asked has one of that name
		return []rollout.Finding{amazon.Gone(f, " in the account of the credentials, which has "+found.ARN)}
	}
	f.Status, f.Why = rollout.Passed, "it exists"
	out := []rollout.Finding{f}
	if c.service != "" {
		out = append(out, c.trusts(f, found))
	}
	if len(c.actions) > 0 {
		out = append(out, c.allows(ctx, f, found)...)
	}
	return out
}

// trusts reads the trust policy. It says everything about who may assume a role,
// so that a service which is not named there may not.
func (c check) trusts(f rollout.Finding, found role) rollout.Finding {
	t, err := readTrust(found.Trust)
	if err != nil {
		f.Status, f.Permission = rollout.Skipped, true
		return f.Because(msgTrustUnread, "service", c.service)
	}
	switch t.of(c.service) {
	case denied:
		f.Status = rollout.Failed
		return f.Because(msgTrustDenied, "service", c.service)
	case unnamed:
		f.Status, f.Retry = rollout.Failed, true
		return f.Because(msgNoTrust, "service", c.service)
	case conditional:
		f.Status, f.Permission = rollout.Skipped, true
		return f.Because(msgTrustUnderCondition, "service", c.service)
	case trusted:
	}
	f.Status, f.Why = rollout.Passed, c.service+" may assume it"
	return f
}

// simulated is a page of what a simulation says.
type simulated struct {
	Results []struct {
		Action   string   `xml:"EvalActionName"`
		Resource string   `xml:"EvalResourceName"`
		Decision string   `xml:"EvalDecision"`
		Missing  []string `xml:"MissingContextValues>member"`
	} `xml:"SimulatePrincipalPolicyResult>EvaluationResults>member"`
	More   bool   `xml:"SimulatePrincipalPolicyResult>IsTruncated"`
	Marker string `xml:"SimulatePrincipalPolicyResult>Marker"`
}

// allows simulates each action on each resource.
func (c check) allows(ctx context.Context, f rollout.Finding, found role) []rollout.Finding {
	in := url.Values{"PolicySourceArn": {found.ARN}}
	for i, a := range c.actions {
		in.Set(fmt.Sprintf("ActionNames.member.%d", i+1), a)
	}
	for i, r := range c.resources {
		in.Set(fmt.Sprintf("ResourceArns.member.%d", i+1), r)
	}
	var out []rollout.Finding
	asked := map[[2]string]bool{}
	for {
		var page simulated
		err := c.clients.AWSQuery(ctx, "", "iam", version, "SimulatePrincipalPolicy", in, &page)
		if err != nil || ctx.Err() != nil {
			return []rollout.Finding{unsimulated(ctx, f, err)}
		}
		for _, r := range page.Results {
			asked[[2]string{r.Action, r.Resource}] = true
			out = append(out, judge(f, r.Action, r.Resource, r.Decision, r.Missing))
		}
		if !page.More || page.Marker == "" || page.Marker == in.Get("Marker") {
			break
		}
		in.Set("Marker", page.Marker)
	}
	for _, a := range c.actions { // what nobody has answered has not passed
		for _, r := range c.resources {
			if !asked[[2]string{a, r}] {
				return []rollout.Finding{amazon.Odd(f)}
			}
		}
	}
	return out
}

func judge(f rollout.Finding, action, resource, decision string, missing []string) rollout.Finding {
	switch {
	case decision == "allowed":
		f.Status, f.Why = rollout.Passed, "its policies allow "+action+" on "+resource
		return f
	case len(missing) > 0 && decision == "implicitDeny":
		f.Status, f.Permission = rollout.Skipped, true
		return f.Because(msgSimulationUnknown, "action", action, "resource", resource, "values", strings.Join(missing, ", "))
	}
	f.Status, f.Retry = rollout.Failed, true
	return f.Because(msgNotAllowed, "action", action, "resource", resource, "decision", decision)
}

// unsimulated says why there is no simulation: it warns, for nothing is proven
// to be wrong.
func unsimulated(ctx context.Context, f rollout.Finding, err error) rollout.Finding {
	f = amazon.Skipped(ctx, f, err, simulate)
	if ctx.Err() != nil {
		return f
	}
	f.Permission = true
	return f.Because(msgUnsimulated, "why", f.Why, "fix", f.Fix)
}
