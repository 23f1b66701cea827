package aws

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// whoAmI names the caller (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html).
func (s *Sandbox) whoAmI(_ context.Context, r *request) (*answer, error) {
	k, _ := s.caller(r)
	return inTree(r, map[string]any{"Account": s.account, "Arn": k.arn(), "UserId": r.key}), nil
}

// assumeRole gives the key of a session of a role that Role has announced. A role
// that nobody announced cannot be assumed, as one that does not trust the caller.
func (s *Sandbox) assumeRole(_ context.Context, r *request) (*answer, error) {
	arn, session := r.param("RoleArn"), r.param("RoleSessionName")
	if session == "" {
		return nil, fail(http.StatusBadRequest, "ValidationError", "1 validation error detected: Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null")
	}
	k, _ := s.caller(r)
	s.access.mu.Lock()
	defer s.access.mu.Unlock()
	role := s.access.roles[arn]
	if role == nil {
		return nil, refusal(r, k.arn(), need{"sts:AssumeRole", arn})
	}
	s.access.sessions++
	n := strconv.Itoa(s.access.sessions)
	key := Key{ID: "ASIA" + role.name + n, Secret: "secret of a session " + n, Token: "token of a session " + n}
	assumed := "arn:aws:sts::" + s.account + ":assumed-role/" + role.name + "/" + session
	s.access.keys[key.ID] = keyholder{key: key, of: role, role: assumed}
	return inTree(r, map[string]any{
		"Credentials": map[string]any{
			"AccessKeyId": key.ID, "SecretAccessKey": key.Secret, "SessionToken": key.Token,
			"Expiration": systemNow().Add(time.Hour), // the SDK compares it with the real clock
		},
		"AssumedRoleUser": map[string]any{"Arn": assumed, "AssumedRoleId": "AROA" + role.name + ":" + session},
	}), nil
}

// simulate answers from the policies that moto has for a role or a user: inline
// ones and those attached (https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html).
// Boundaries, organizations and resource policies do not exist here.
func (s *Sandbox) simulate(ctx context.Context, r *request) (*answer, error) {
	for name := range tree(r.form) {
		switch name {
		case "PolicySourceArn", "ActionNames", "ResourceArns", "MaxItems", "Marker":
		default:
			return nil, unknownRequest{"SimulatePrincipalPolicy: the parameter " + name}
		}
	}
	policies, err := s.policiesOf(ctx, r, r.param("PolicySourceArn"))
	if err != nil {
		return nil, err
	}
	resources := r.params("ResourceArns")
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	results := []any{}
	for _, action := range r.params("ActionNames") {
		if strings.Count(action, ":") != 1 {
			return nil, fail(http.StatusBadRequest, "InvalidInput", "Invalid Entity Action %s", action)
		}
		for _, resource := range resources {
			results = append(results, map[string]any{
				"EvalActionName": action, "EvalResourceName": resource,
				"EvalDecision": decision(policies, need{action, resource}, s.facts(r)), "MatchedStatements": []any{}, "MissingContextValues": []any{},
			})
		}
	}
	return inTree(r, map[string]any{"EvaluationResults": results, "IsTruncated": false}), nil
}

func decision(policies []*policy, n need, facts map[string]string) string {
	out := "implicitDeny"
	for _, p := range policies {
		for _, st := range p.Statement {
			switch {
			case !st.covers(n, facts):
			case st.Effect == "Deny":
				return "explicitDeny"
			default:
				out = "allowed"
			}
		}
	}
	return out
}

// policiesOf asks moto for the policies of a role.
func (s *Sandbox) policiesOf(ctx context.Context, r *request, arn string) ([]*policy, error) {
	_, path, ok := strings.Cut(arn, ":role/")
	if !ok {
		return nil, unknownRequest{"SimulatePrincipalPolicy: the principal " + arn + ", which is no role"}
	}
	role := path[strings.LastIndex(path, "/")+1:]
	var documents []string
	inline, err := s.iam(ctx, r, "ListRolePolicies", url.Values{"RoleName": {role}})
	if err != nil {
		return nil, err
	}
	for _, name := range between(inline, "<member>", "</member>") {
		one, err := s.iam(ctx, r, "GetRolePolicy", url.Values{"RoleName": {role}, "PolicyName": {name}})
		if err != nil {
			return nil, err
		}
		documents = append(documents, between(one, "<PolicyDocument>", "</PolicyDocument>")...)
	}
	attached, err := s.iam(ctx, r, "ListAttachedRolePolicies", url.Values{"RoleName": {role}})
	if err != nil {
		return nil, err
	}
	for _, arn := range between(attached, "<PolicyArn>", "</PolicyArn>") {
		head, err := s.iam(ctx, r, "GetPolicy", url.Values{"PolicyArn": {arn}})
		if err != nil {
			return nil, err
		}
		for _, version := range between(head, "<DefaultVersionId>", "</DefaultVersionId>") {
			one, err := s.iam(ctx, r, "GetPolicyVersion", url.Values{"PolicyArn": {arn}, "VersionId": {version}})
			if err != nil {
				return nil, err
			}
			documents = append(documents, between(one, "<Document>", "</Document>")...)
		}
	}
	var out []*policy
	for _, d := range documents {
		raw, err := url.PathUnescape(unescaped(d))
		if err != nil {
			return nil, fmt.Errorf("read a policy of %s: %w", role, err)
		}
		if !json.Valid([]byte(raw)) {
			return nil, unknownRequest{"SimulatePrincipalPolicy: a policy of " + role + " that is no JSON"}
		}
		p, err := readPolicy(raw)
		if err != nil {
			return nil, unknownRequest{"SimulatePrincipalPolicy: " + err.Error()}
		}
		out = append(out, p)
	}
	return out, nil
}

// iam asks moto; an error of its is the caller's.
func (s *Sandbox) iam(ctx context.Context, r *request, operation string, form url.Values) (string, error) {
	form.Set("Action", operation)
	form.Set("Version", "2010-05-08")
	a, err := s.inner(ctx, "iam", r.region, http.MethodPost, "/", formHeader, []byte(form.Encode()))
	if err != nil {
		return "", err
	}
	if a.status != http.StatusOK {
		return "", fail(a.status, a.code, "%s", a.message)
	}
	return string(a.body), nil
}

// between lists what stands between two marks.
func between(s, from, to string) []string {
	var out []string
	for {
		_, rest, ok := strings.Cut(s, from)
		if !ok {
			return out
		}
		one, after, ok := strings.Cut(rest, to)
		if !ok {
			return out
		}
		out, s = append(out, one), after
	}
}

// unescaped undoes XML's escapes.
func unescaped(s string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&#34;", `"`, "&#39;", "'", "&apos;", "'", "&amp;", "&").Replace(s)
}
