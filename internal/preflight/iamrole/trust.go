package iamrole

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
)

// standing is what a trust policy says of a service.
type standing int

const (
	unnamed standing = iota
	conditional
	trusted
	denied
)

// trust is a trust policy, as far as it says which services may assume a role
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html).
type trust struct {
	Statement some[struct {
		Effect    string
		Action    some[string]
		Principal principal
		Condition map[string]any
	}]
}

// principal is {"Service": …} among others, or "*", which is no service.
type principal struct{ Service some[string] }

// UnmarshalJSON implements json.Unmarshaler.
func (p *principal) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(text, []byte(`"`)) {
		return nil
	}
	var all map[string]some[string]
	if err := json.Unmarshal(text, &all); err != nil {
		return fmt.Errorf("read a principal: %w", err)
	}
	p.Service = all["Service"]
	return nil
}

// some is one or a list.
type some[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (s *some[T]) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(text, []byte("[")) {
		return json.Unmarshal(text, (*[]T)(s)) //nolint:wrapcheck // readTrust says what was read
	}
	var one T
	err := json.Unmarshal(text, &one)
	*s = some[T]{one}
	return err //nolint:wrapcheck // as above
}

// readTrust reads a trust policy, escaped as in an address.
func readTrust(escaped string) (trust, error) {
	var t trust
	text, err := url.PathUnescape(escaped)
	if err == nil {
		err = json.Unmarshal([]byte(text), &t)
	}
	if err == nil && len(t.Statement) == 0 {
		err = errors.New("it has no statement")
	}
	if err != nil {
		return t, fmt.Errorf("read the trust policy: %w", err)
	}
	return t, nil
}

// of returns what the policy says of a service. What it denies is denied whatever
// it allows; a denial under a condition may not hold.
func (t trust) of(service string) standing {
	var allows, mayAllow, mayDeny bool
	for _, s := range t.Statement {
		if !slices.Contains(s.Principal.Service, service) || !slices.ContainsFunc(s.Action, assumes) {
			continue
		}
		always := len(s.Condition) == 0
		switch {
		case s.Effect == "Allow" && always:
			allows = true
		case s.Effect == "Allow":
			mayAllow = true
		case always:
			return denied
		default:
			mayDeny = true
		}
	}
	switch {
	case allows && !mayDeny:
		return trusted
	case allows, mayAllow:
		return conditional
	}
	return unnamed
}

// assumes reports whether an action of a policy is that of assuming a role.
func assumes(action string) bool {
	ok, err := path.Match(strings.ToLower(action), "sts:assumerole")
	return ok && err == nil
}
