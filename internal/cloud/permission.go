package cloud

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Permission is one action of an AWS API that a kind asks for, as an IAM policy
// names it. The documents and the tests have their policies from the lists of the
// kinds alone.
type Permission struct {
	// Action is that of a policy: "lambda:UpdateAlias".
	Action string
	// Resource is an ARN in which {name} stands for what is the user's:
	// "arn:{partition}:lambda:{region}:{account}:function:{function}"; "*" where
	// the action knows no resource.
	Resource string
	// Phase says when it is needed.
	Phase Phase
	// Where says where it is needed, if not everywhere: "with provisioned
	// concurrency".
	Where string
}

// Phase is when a permission is needed.
type Phase string

// The phases. Whatever a plan reads, an apply reads too.
const (
	AtPlan  Phase = "plan"
	AtApply Phase = "apply"
)

// At reports whether the permission is needed in a phase.
func (p Permission) At(phase Phase) bool { return p.Phase == phase || p.Phase == AtPlan }

// IAMPolicy returns the policy that allows what a phase needs, and nothing more,
// as JSON. fill has what stands for the names in resources: nothing may be left
// out.
func IAMPolicy(all []Permission, phase Phase, fill map[string]string) (string, error) {
	var pairs []string
	for name, value := range fill {
		pairs = append(pairs, "{"+name+"}", value)
	}
	filled, on := strings.NewReplacer(pairs...), map[string][]string{}
	var resources []string
	for _, p := range all {
		if !p.At(phase) {
			continue
		}
		resource := filled.Replace(p.Resource)
		if strings.ContainsAny(resource, "{}") {
			return "", fmt.Errorf("%s: nothing is given for what %s names", p.Action, resource)
		}
		if on[resource] == nil {
			resources = append(resources, resource)
		}
		on[resource] = append(on[resource], p.Action)
	}
	type statement struct {
		Effect   string
		Action   []string
		Resource string
	}
	policy := struct {
		Version   string
		Statement []statement
	}{Version: "2012-10-17"}
	slices.Sort(resources)
	for _, resource := range resources {
		slices.Sort(on[resource])
		policy.Statement = append(policy.Statement, statement{"Allow", slices.Compact(on[resource]), resource})
	}
	var out bytes.Buffer
	to := json.NewEncoder(&out)
	to.SetEscapeHTML(false)
	to.SetIndent("", "  ")
	if err := to.Encode(policy); err != nil {
		return "", fmt.Errorf("write the policy: %w", err)
	}
	return out.String(), nil
}
