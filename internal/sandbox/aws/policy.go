package aws

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// policy is an identity-based policy
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html).
type policy struct {
	Version   string
	ID        string `json:"Id"`
	Statement list[statement]
}

type statement struct {
	Sid, Effect            string
	Action, NotAction      list[string]
	Resource, NotResource  list[string]
	Condition              map[string]map[string]list[string]
	Principal, Description json.RawMessage `json:",omitempty"`
}

// list is one or several.
type list[T any] []T

func (l *list[T]) UnmarshalJSON(raw []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")) {
		var many []T
		err := strictly(raw, &many)
		*l = many
		return err
	}
	var one T
	err := strictly(raw, &one)
	*l = list[T]{one}
	return err
}

func strictly(raw []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}

// readPolicy reads a policy and refuses what could not be enforced as it is meant.
func readPolicy(raw string) (*policy, error) {
	p := &policy{}
	if err := strictly([]byte(raw), p); err != nil {
		return nil, fmt.Errorf("read the policy: %w", err)
	}
	if p.Version != "2012-10-17" || len(p.Statement) == 0 {
		return nil, fmt.Errorf("a policy of version %q with %d statements", p.Version, len(p.Statement))
	}
	for _, st := range p.Statement {
		if st.Effect != "Allow" && st.Effect != "Deny" || len(st.Principal) > 0 ||
			(len(st.Action) == 0) == (len(st.NotAction) == 0) || (len(st.Resource) == 0) == (len(st.NotResource) == 0) {
			return nil, fmt.Errorf("statement %q of the policy needs Effect, Action or NotAction, Resource or NotResource, and no Principal", st.Sid)
		}
		for op := range st.Condition {
			if comparisons[strings.TrimSuffix(op, "IfExists")] == nil {
				return nil, fmt.Errorf("statement %q: the sandbox does not know the condition operator %s", st.Sid, op)
			}
		}
	}
	return p, nil
}

// grants lists what the policy's Allow statements name.
func (p *policy) grants() []Grant {
	var out []Grant
	for _, st := range p.Statement {
		if st.Effect != "Allow" {
			continue
		}
		for _, action := range st.Action {
			for _, resource := range st.Resource {
				out = append(out, Grant{action, resource})
			}
		}
	}
	slices.SortFunc(out, func(a, b Grant) int {
		return cmp.Or(strings.Compare(a.Action, b.Action), strings.Compare(a.Resource, b.Resource))
	})
	return slices.Compact(out)
}

// allows evaluates a request: an explicit Deny wins, and what nothing allows is denied
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html).
func (p *policy) allows(n need, facts map[string]string) bool {
	allowed := false
	for _, st := range p.Statement {
		if !st.covers(n, facts) {
			continue
		}
		if st.Effect == "Deny" {
			return false
		}
		allowed = true
	}
	return allowed
}

func (st statement) covers(n need, facts map[string]string) bool {
	action := slices.ContainsFunc(st.Action, func(a string) bool { return likeFold(a, n.action) })
	if len(st.NotAction) > 0 {
		action = !slices.ContainsFunc(st.NotAction, func(a string) bool { return likeFold(a, n.action) })
	}
	resource := slices.ContainsFunc(st.Resource, func(a string) bool { return like(a, n.resource) })
	if len(st.NotResource) > 0 {
		resource = !slices.ContainsFunc(st.NotResource, func(a string) bool { return like(a, n.resource) })
	}
	return action && resource && st.met(facts)
}

// comparisons are the condition operators that are known.
var comparisons = map[string]func(pattern, have string) bool{
	"StringEquals":           func(p, h string) bool { return p == h },
	"StringEqualsIgnoreCase": strings.EqualFold,
	"StringLike":             like,
	"ArnEquals":              like,
	"ArnLike":                like,
}

func (st statement) met(facts map[string]string) bool {
	for op, wants := range st.Condition {
		name, ifExists := strings.CutSuffix(op, "IfExists")
		for key, values := range wants {
			have, ok := facts[strings.ToLower(key)]
			if !ok && ifExists {
				continue
			}
			if !ok || !slices.ContainsFunc(values, func(v string) bool { return comparisons[name](v, have) }) {
				return false
			}
		}
	}
	return true
}

// likeFold is like without regard to case, as actions are compared.
func likeFold(pattern, s string) bool { return like(strings.ToLower(pattern), strings.ToLower(s)) }

// like matches * and ?.
func like(pattern, s string) bool {
	for pattern != "" {
		if pattern[0] == '*' {
			for i := range len(s) + 1 {
				if like(pattern[1:], s[i:]) {
					return true
				}
			}
			return false
		}
		if s == "" || pattern[0] != '?' && pattern[0] != s[0] {
			return false
		}
		pattern, s = pattern[1:], s[1:]
	}
	return s == ""
}
