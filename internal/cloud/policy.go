package cloud

import (
	"slices"
	"strings"
)

// Policy is an IAM policy as APIs of Google show it in JSON, as far as it says
// who has which role.
type Policy struct {
	Bindings []struct {
		Role      string   `json:"role"`
		Members   []string `json:"members"`
		Condition any      `json:"condition"`
	} `json:"bindings"`
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
