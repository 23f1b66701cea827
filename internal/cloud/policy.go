package cloud

import (
	"slices"
	"strings"

	"cloud.google.com/go/iam/apiv1/iampb"
)

// Policy is an IAM policy as APIs of Google show it in JSON, as far as it says
// who has which role.
type Policy struct {
	Bindings []Binding `json:"bindings"`
}

// Binding gives a role to members, under a condition unless that is nil.
type Binding struct {
	Role      string   `json:"role"`
	Members   []string `json:"members"`
	Condition any      `json:"condition"`
}

// PolicyOf is a policy as gRPC has it.
func PolicyOf(p *iampb.Policy) Policy {
	var out Policy
	for _, b := range p.GetBindings() {
		one := Binding{Role: b.GetRole(), Members: b.GetMembers()}
		if c := b.GetCondition(); c != nil { // a nil pointer would not be nil any more
			one.Condition = c
		}
		out.Bindings = append(out.Bindings, one)
	}
	return out
}

// Gives returns which of the roles the policy gives to a service account by a
// literal binding without a condition, "" for none. conditional reports whether
// it gives one under a condition.
func (p Policy) Gives(email string, roles ...string) (role string, conditional bool) {
	for _, b := range p.Bindings {
		isMember := func(m string) bool { return strings.EqualFold(m, "serviceAccount:"+email) }
		if !slices.Contains(roles, b.Role) || !slices.ContainsFunc(b.Members, isMember) {
			continue
		}
		if b.Condition == nil {
			return b.Role, false
		}
		conditional = true
	}
	return "", conditional
}
